/**
 * Random checkpoints whose heads have a width or norms of their own, and those whose head is tied to scaled embeddings, under the
 * mappings of their golden logits by Hugging Face transformers: prefill in one chunk, in chunks, token by token.
 */
import { openFolder } from "@ropewalk/models/node";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../src/index.ts";
import { layeredExtension, layeredKinds, layoutOf, type LayeredCase } from "./layered-cases.ts";
import { backends, largestDifference, row } from "./load.ts";

const folder = new URL("../../models/test/vectors/layered/", import.meta.url);

const casesOf = (family: string): readonly LayeredCase[] =>
  (
    JSON.parse(readFileSync(new URL(`${family}/golden-logits.json`, folder), "utf8")) as {
      readonly cases: readonly LayeredCase[];
    }
  ).cases;

const tolerance = 2e-3;

const families = readdirSync(folder);

it("there are checkpoints, with cases of every mapping", () => {
  expect(families).toEqual(["gemma", "mistral-head-dim", "phi4-mini", "qwen3"]);
  for (const family of families) {
    expect(casesOf(family)).toHaveLength(17);
    expect(new Set(casesOf(family).map(({ method }) => method.kind))).toEqual(new Set(layeredKinds));
  }
});

describe.each(backends.flatMap((backend) => families.map((family) => ({ backend, name: backend.name, family }))))(
  "$family on $name",
  ({ backend, family }) => {
    let loaded: LanguageModel;
    beforeAll(async () => (loaded = await loadModel(await openFolder(new URL(`${family}/`, folder)), { backend })));
    afterAll(() => loaded.release());

    it.each(casesOf(family).map((golden) => ({ ...golden, length: golden.inputIds.length })))(
      "$method, log-n $logNContext, $length tokens",
      async (golden) => {
        const model = await loaded.withExtension(layeredExtension(golden));
        expect(model.extended.layout.kind).toBe(layoutOf(golden));
        const { vocabSize } = model.extended.decoder;
        const { inputIds, logitsLast, argmaxAll } = golden;
        for (const chunkSize of [1, 7, inputIds.length]) {
          const logits = await model.logits(inputIds, { chunkSize });
          expect(largestDifference(row(logits, vocabSize, inputIds.length - 1), logitsLast)).toBeLessThan(tolerance);
          const missed = argmaxAll.map((token, at) => {
            const own = row(logits, vocabSize, at);
            return Math.max(...own) - own[token]!;
          });
          expect(missed).toHaveLength(inputIds.length);
          expect(Math.max(...missed)).toBeLessThan(tolerance);
        }
      },
    );
  },
);
