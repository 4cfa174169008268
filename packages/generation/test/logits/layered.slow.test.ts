/**
 * Random checkpoints whose heads have a width or norms of their own, and those whose head is tied to scaled embeddings, under the
 * mappings of their golden logits by Hugging Face transformers: prefill in one chunk, in chunks, token by token.
 */
import { openFolder } from "@ropewalk/models/node";
import { expectGolden } from "@ropewalk/testing/goldens/expect-golden";
import { layeredExtension, layeredKinds, layoutOf, type LayeredCase } from "@ropewalk/testing/goldens/layered-cases";
import { inRepository } from "@ropewalk/testing/repository";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

const folder = inRepository(`${layeredCheckpoints}/`);

const casesOf = (family: string): readonly LayeredCase[] =>
  (
    JSON.parse(readFileSync(new URL(`${family}/golden-logits.json`, folder), "utf8")) as {
      readonly cases: readonly LayeredCase[];
    }
  ).cases;

const families = readdirSync(folder);

it("there are checkpoints, with cases of every mapping", () => {
  const known = ["gemma", "gemma2", "gemma3", "mistral-head-dim", "phi4-mini", "qwen2-mixed", "qwen3", "qwen3-mixed"];
  expect(families).toEqual([...known, "smollm3"]);
  for (const family of families) {
    // Gemma 2 has none under log-n.
    expect(casesOf(family)).toHaveLength(family === "gemma2" ? 14 : 17);
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
        const { cap, window } = golden.method as Readonly<Record<string, number>>;
        // Sinks are as far as the last token of their window.
        if (cap !== undefined) expect(cap).toBe(window! - 1);
        const model = await loaded.withExtension(layeredExtension(golden));
        expect(model.extended.attentionPath.kind).toBe(layoutOf(golden));
        await expectGolden(model, golden);
      },
    );
  },
);
