/**
 * A random checkpoint of every family, under plain RoPE, SelfExtend and log-n, up to lengths beyond the trained window,
 * against logits of Hugging Face transformers: prefill in one chunk, in chunks, token by token.
 *
 * The checkpoints are stored as people have them: float32, bfloat16 (solar), float16 (qwen2), five shards (mistral).
 */
import { openFolder } from "@ropewalk/models/node";
import { expectGolden, type GoldenLogits } from "@ropewalk/testing/goldens/expect-golden";
import { extensionOf, type GoldenMethod } from "@ropewalk/testing/goldens/golden-cases";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

const folder = inRepository(`${tinyCheckpoints}/`);

type Case = GoldenMethod & GoldenLogits & { readonly method: string };

const casesOf = (family: string): readonly Case[] =>
  (
    JSON.parse(readFileSync(new URL(`${family}/golden-logits.json`, folder), "utf8")) as {
      readonly cases: readonly Case[];
    }
  ).cases;

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
        await expectGolden(model, golden);
      },
    );
  },
);
