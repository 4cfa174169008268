/** Passkeys in words of one's own, and out of files. */
import type { LanguageModel, TextCodec } from "@ropewalk/generation";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  englishPasskey,
  joinedCells,
  passkeyFrom,
  passkeyPrompt,
  withDigits,
  writtenPasskeyEvaluation,
  writtenPasskeys,
  type PasskeyTemplate,
} from "../src/index.ts";

const characters: TextCodec = {
  encode: (text) => Array.from(text, (character) => character.codePointAt(0)!),
  decode: (ids) => String.fromCodePoint(...ids),
};

const template: PasskeyTemplate = {
  opening: "Read.",
  sentences: ["One.", "Two."],
  needle: "It is {key}, {key}.",
  question: "Which? ",
};

describe("a template", () => {
  it("is opened, filled from its sentences, states the key where it is said, and asks at the end", () => {
    const task = passkeyFrom(template, { digits: 3 });
    const { ids, key } = passkeyPrompt(task, characters, { length: 120, depth: 0.5, seed: 4 });
    const text = characters.decode(ids);
    expect(key).toMatch(/^\d{3}$/);
    expect(text.split("\n")).toEqual(
      expect.arrayContaining(["Read.", "One.", "Two.", `It is ${key}, ${key}.`]) as unknown as string[],
    );
    expect(text).toMatch(/^Read\.\n((One|Two)\.\n)+It is .*\n((One|Two)\.\n)+Which\? $/);
    expect(passkeyPrompt(task, characters, { length: 120, depth: 0.5, seed: 4 }).key).toBe(key);
  });

  it("may part its sentences and its digits", () => {
    const task = passkeyFrom({ ...template, separator: " ", digitSeparator: " ", sentences: "One." });
    const { ids, key } = passkeyPrompt(task, characters, { length: 90, depth: 0, seed: 4 });
    expect(key).toMatch(/^\d( \d){4}$/);
    expect(characters.decode(ids)).toMatch(/^Read\. One\. It is .* One\. Which\? $/);
  });

  it.each([
    [{ needle: "It is." }, 'passkeyFrom: needle must have {key} in it, got "It is."'],
    [{ needle: undefined }, "passkeyFrom: needle must be text, got nothing"],
    [{ question: " " }, 'passkeyFrom: question must have at least 1 character, got " "'],
    [{ sentences: [] }, "passkeyFrom: sentences must hold at least 1, got 0"],
    [{ sentences: ["One.", 2] }, "passkeyFrom: sentences[1] must be text, got 2"],
    [{ opening: 1 }, "passkeyFrom: opening must be text, got 1"],
    [{ sentence: "One." }, 'got "sentence"; sentences is meant?'],
  ])("is refused with %o", (wrong, message) =>
    expect(() => passkeyFrom({ ...template, ...wrong } as never)).toThrow(message),
  );

  it("has keys of some digits", () => {
    for (const digits of [0, 1.5, 65])
      expect(() => withDigits(englishPasskey, { digits })).toThrow(/digits must be an integer from 1 to 64, got/);
    const { key } = passkeyPrompt(withDigits(englishPasskey, { digits: 10 }), characters, {
      length: 400,
      depth: 0,
      seed: 1,
    });
    expect(key).toMatch(/^\d{10}$/);
  });
});

const longLm = readFileSync(new URL("../../../../shared/corpora/passkey-longlm.jsonl", import.meta.url), "utf8");

describe("prompts out of a file", () => {
  it("are LongLM's, asked in its words", () => {
    const prompts = writtenPasskeys({ name: "a.jsonl", text: longLm });
    expect(prompts.map(({ key }) => key)).toEqual(["72498", "89427", "58328", "1127250844"]);
    for (const { prompt, key, depth } of prompts) {
      expect(prompt.endsWith("There and back again.What is the pass key? The pass key is ")).toBe(true);
      expect(prompt.slice(Math.round(depth * (prompt.length - englishPasskey.question.length)))).toMatch(
        new RegExp(`^${key}`),
      );
    }
  });

  const on = (...lines: readonly object[]) =>
    writtenPasskeys({ name: "a.jsonl", text: lines.map((line) => JSON.stringify(line)).join("\n") });

  it("are not asked twice", () =>
    expect(on({ input: "7 What is the pass key? The pass key is", target: "7" })[0]!.prompt).toBe(
      "7 What is the pass key? The pass key is",
    ));

  it.each([
    [[{ input: "a 1", target: "1" }, { input: "a" }], 'a.jsonl line 2 must have "target", got nothing'],
    [[{ inputs: "a", target: "1" }], 'a.jsonl line 1 must have "input", got nothing; it has "inputs"'],
    [[{ input: "a", target: 1 }], "a.jsonl line 1: target must be text, got 1"],
    [[{ input: "a", target: "1" }], 'a.jsonl line 1: input must state the target, got "1"'],
  ])("refused %#", (lines, message) => expect(() => on(...lines)).toThrow(message));

  it("are found where a model goes on with the key, white space or not", async () => {
    const stats = { promptTokens: 1, newTokens: 2, prefillTime: 1, decodeTime: 1, cacheBytes: 1 };
    const model = (answer: string): LanguageModel =>
      ({
        text: characters,
        source: { name: "played" },
        generateTokens: async function* (_: readonly number[], { onDone }: { onDone: (done: unknown) => void }) {
          yield* characters.encode(answer);
          onDone(stats);
        },
      }) as unknown as LanguageModel;
    const read = async (): Promise<string> => JSON.stringify({ input: "aa 12 bb", target: "12" });
    const ask = (answer: string, length: number) =>
      writtenPasskeyEvaluation.run(model(answer), { file: "a.jsonl", prompt: 1, length }, { read, load: read });
    expect(await ask("1 2 and", 60)).toEqual({ length: 48, depth: 3 / 8, found: 1, trials: 1, stats });
    expect((await ask("21", 60)).found).toBe(0);
    await expect(ask("12", 47)).rejects.toThrow("passkey-file: length must be at least 48, the tokens of prompt 1");
  });
});

it("cells of several seeds are one", () => {
  const stats = { promptTokens: 10, newTokens: 2, prefillTime: 1, decodeTime: 1, cacheBytes: 5 };
  const cell = (depth: number, found: number) => ({ length: 64, depth, found, trials: 2, stats });
  expect(joinedCells([cell(0, 1), cell(1, 2), cell(0, 2)])).toMatchObject([
    { depth: 0, found: 3, trials: 4, stats: { promptTokens: 20, prefillTime: 2, cacheBytes: 5 } },
    { depth: 1, found: 2, trials: 2 },
  ]);
});
