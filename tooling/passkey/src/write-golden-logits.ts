/**
 * `npm run vectors:passkey`: writes the reference logits of the shipped passkey-875k anew, after its weights have changed. Prompts,
 * answers and methods are read from the file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { passkey875k } from "@ropewalk/tiny-models";
import { plainLogits, readPlainLlama, type PlainMethod } from "./plain-llama.ts";

type Case = {
  readonly method: PlainMethod;
  readonly inputIds: readonly number[];
  readonly answerIds: readonly number[];
  readonly midIndex: number;
};

const file = inRepository(`${tinyModelGoldens}/passkey-875k/golden-logits.json`);
const { model, tolerance, cases } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly model: string;
  readonly tolerance: number;
  readonly cases: readonly Case[];
};
const llama = readPlainLlama(passkey875k.url);
const rounded = (row: Float64Array): readonly number[] => Array.from(row, (logit) => Number(logit.toFixed(5)));
const written = cases.map(({ method, inputIds, answerIds, midIndex }) => {
  const logits = plainLogits(llama, method, inputIds);
  const last = rounded(logits.at(-1)!);
  console.error(`${inputIds.length} tokens, ${JSON.stringify(method)}`);
  return {
    method,
    length: inputIds.length,
    inputIds,
    answerIds,
    logitsLast: last,
    logitsMid: rounded(logits[midIndex]!),
    midIndex,
    argmaxLast: last.indexOf(Math.max(...last)),
  };
});
const source =
  "plain loops in float64, every pair of tokens by its relative position: tooling/passkey/src/plain-llama.ts";
writeFileSync(file, `${JSON.stringify({ model, source, tolerance, cases: written })}\n`);
