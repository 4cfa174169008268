/**
 * Passkey prompts from a file in the form of LongLM's repository: each line is one prompt, `{input, target, passkey_position}`.
 *
 *   prompt   the input, with the question added if the input does not end with it
 *   depth    where the target first stands in the input, of the input's characters
 *
 * passkey_position is not read, because it counts tokens of another tokenizer.
 */
import { check, checkKeys, positive, type Keys } from "@ropewalk/check";
import type { TextCodec } from "@ropewalk/generation";
import type { Evaluation } from "../evaluation.ts";
import { jsonLines, textField, type NamedText } from "../json-lines.ts";
import { isKey, type PasskeyCell } from "./passkey-cell.ts";
import { englishPasskey } from "./wording.ts";

export type WrittenPasskey = {
  readonly prompt: string;
  readonly key: string;
  /** From 0, the beginning, to 1, the end. */
  readonly depth: number;
};

/** @throws TypeError and RangeError that name the line and the field */
export const writtenPasskeys = (file: NamedText): readonly WrittenPasskey[] =>
  jsonLines("writtenPasskeys", file).map((line) => {
    const [input, key] = [textField("writtenPasskeys", line, "input"), textField("writtenPasskeys", line, "target")];
    check(key.trim() !== "", `writtenPasskeys: ${line.at}: target must have at least 1 character`, key);
    const at = input.indexOf(key);
    check(at >= 0, `writtenPasskeys: ${line.at}: input must state the target`, key);
    const { question } = englishPasskey;
    const asked = input.trimEnd().endsWith(question.trimEnd());
    return { prompt: asked ? input : input + question, key, depth: at / input.length };
  });

/** Tokens of prompt and answer together. */
export const writtenLength = (codec: TextCodec, { prompt, key }: WrittenPasskey): number =>
  codec.encode(prompt + key).length;

export type WrittenPasskeyParams = {
  readonly file: string;
  /** The number of the prompt in the file, from 1. */
  readonly prompt: number;
  /** The most tokens of prompt and answer together: the length that an extension is chosen for. */
  readonly length: number;
};

const keys: Keys<WrittenPasskeyParams> = {
  file: (where, name, value) =>
    check(typeof value === "string" && value !== "", `${where}: ${name} must be a file`, value, "string"),
  prompt: positive,
  length: positive,
};

/** One prompt of a file: a cell of its own, whose length is the prompt's. */
export const writtenPasskeyEvaluation: Evaluation<WrittenPasskeyParams, PasskeyCell> = {
  kind: "passkey-file",
  files: ({ file }) => [file],
  check: (where, params) => checkKeys(where, "params", params as WrittenPasskeyParams, keys),
  length: ({ length }) => length,
  figures: ({ found, trials }) => [{ name: "keys found", value: found / trials, share: true }],
  run: async (model, { file, prompt: number, length }, { read, signal, onProgress }) => {
    const { text } = model;
    if (text === undefined) throw new RangeError(`passkey-file: ${model.source.name} must have a tokenizer, got none`);
    const all = writtenPasskeys({ name: file, text: await read(file) });
    check(number <= all.length, `passkey-file: prompt must be from 1 to ${all.length}, the prompts of ${file}`, number);
    const own = all[number - 1]!;
    const ids = text.encode(own.prompt);
    const whole = writtenLength(text, own);
    check(
      whole <= length,
      `passkey-file: length must be at least ${whole}, the tokens of prompt ${number} and its answer`,
      length,
    );
    const answer: number[] = [];
    let stats: PasskeyCell["stats"] | undefined;
    const tokens = model.generateTokens(ids, {
      // A key may come in other tokens than it would behind other text.
      maxNewTokens: Math.max(1, text.encode(own.key).length + 1),
      beyondCapacity: "allow",
      onDone: (done) => void (stats = done),
      ...(signal ? { signal } : {}),
    });
    for await (const token of tokens) answer.push(token);
    onProgress?.(length, length);
    const found = isKey(text.decode(answer), own.key) ? 1 : 0;
    return { length: whole, depth: own.depth, found, trials: 1, stats: stats! };
  },
};
