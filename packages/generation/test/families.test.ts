/**
 * A random checkpoint of every family, under plain RoPE, SelfExtend and log-n, up to lengths beyond the trained window,
 * against logits of Hugging Face transformers: prefill in one chunk, in chunks, token by token.
 *
 * The checkpoints are stored as people have them: float32, bfloat16 (solar), float16 (qwen2), five shards (mistral).
 */
import { openFolder } from "@ropewalk/models/node";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../src/index.ts";
import { extensionOf, type GoldenMethod } from "./golden-cases.ts";
import { backends, largestDifference, row } from "./load.ts";

const folder = new URL("../../models/test/vectors/tiny/", import.meta.url);

type Case = GoldenMethod & {
  readonly method: string;
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};

const casesOf = (family: string): readonly Case[] =>
  (
    JSON.parse(readFileSync(new URL(`${family}/golden-logits.json`, folder), "utf8")) as {
      readonly cases: readonly Case[];
    }
  ).cases;

const tolerance = 2e-3;

const families = readdirSync(folder);

it("there is a checkpoint of every family", () => {
  expect(families).toEqual([
    ...["llama", "llama-dynamic", "llama-linear", "llama-yarn", "llama3"],
    ...["mistral", "phi", "phi3", "qwen2", "solar"],
  ]);
});

describe.each(backends.flatMap((backend) => families.map((family) => ({ backend, name: backend.name, family }))))(
  "$family on $name",
  ({ backend, family }) => {
    let loaded: LanguageModel;
    beforeAll(async () => (loaded = await loadModel(await openFolder(new URL(`${family}/`, folder)), { backend })));
    afterAll(() => loaded.release());

    it.each(casesOf(family).map((golden) => ({ ...golden, length: golden.inputIds.length })))(
      "$method, G $groupSize, W $window, log-n $logNContext, $length tokens",
      async (golden) => {
        const model = await loaded.withExtension(extensionOf(golden));
        const { vocabSize } = model.extended.decoder;
        const { inputIds, logitsLast, argmaxAll } = golden;
        for (const chunkSize of [1, 7, inputIds.length]) {
          const logits = await model.logits(inputIds, { chunkSize });
          expect(largestDifference(row(logits, vocabSize, inputIds.length - 1), logitsLast)).toBeLessThan(tolerance);
          const missed = argmaxAll.map((token, at) => {
            const own = row(logits, vocabSize, at);
            return Math.max(...own) - own[token]!;
          });
          expect(Math.max(...missed)).toBeLessThan(tolerance);
        }
      },
    );
  },
);
