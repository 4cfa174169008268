/** Entropy of attention: all keys alike, one key alone, and what lies between. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, needCheckpoint } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { afterAll, describe, expect, it } from "vitest";
import { attentionEntropy, readParameters, tunedCheckpoint, type Parameters } from "../src/index.ts";

const backend = cpu({ threads: 1 });
const model = await loadModel(await openFolder(stories260K.url), { backend });
afterAll(() => model.release());

// More than one block of rows.
const seqLen = 600;
const ids = Array.from({ length: seqLen }, (_, at) => (at * 37) % 500);

/** The model with its queries' projections times a factor. */
const withQueries = async (factor: number) => {
  const parameters: Parameters = await readParameters(needCheckpoint("test", model.source));
  for (const [name, { data }] of Object.entries(parameters))
    if (name.includes("q_proj")) for (let at = 0; at < data.length; at++) data[at]! *= factor;
  return loadModel({ source: await tunedCheckpoint(model.source, parameters), text: model.text }, { backend });
};

describe("attentionEntropy", () => {
  it("is ln(i + 1) where every key has the same share, whatever the positions", async () => {
    const even = await withQueries(0);
    for (const own of [even, await even.withExtension(selfExtend({ groupSize: 4, window: 64 }))]) {
      const layers = await attentionEntropy(own, [ids]);
      expect(layers).toHaveLength(5);
      for (const layer of layers)
        for (const [i, entropy] of layer.entries()) expect(Math.abs(entropy - Math.log(i + 1))).toBeLessThan(1e-4);
    }
  });

  it("falls to nothing where one key has it all, and lies between", async () => {
    const [own, sharp] = [await attentionEntropy(model, [ids]), await attentionEntropy(await withQueries(1e4), [ids])];
    const mean = (layer: Float64Array): number => layer.reduce((sum, x) => sum + x, 0) / layer.length;
    for (const [at, layer] of own.entries()) {
      expect(mean(sharp[at]!)).toBeLessThan(0.1);
      expect(mean(layer)).toBeGreaterThan(0.5);
      for (const [i, entropy] of layer.entries()) expect(entropy).toBeLessThan(Math.log(i + 1) + 1e-5);
    }
  });

  it("is the mean of the samples'", async () => {
    const other = ids.toReversed();
    const [one, two, both] = await Promise.all(
      [[ids], [other], [ids, other]].map((all) => attentionEntropy(model, all)),
    );
    for (const [at, layer] of both!.entries())
      for (const [i, entropy] of layer.entries())
        expect(Math.abs(entropy - (one![at]![i]! + two![at]![i]!) / 2)).toBeLessThan(1e-6);
  });

  it("refuses what it cannot read", async () => {
    await expect(attentionEntropy(model, [])).rejects.toThrow(
      "attentionEntropy: samples must be at least one, of at least one token, got 0",
    );
    await expect(attentionEntropy(model, [[]])).rejects.toThrow(
      "attentionEntropy: samples[0] must be token ids, at least one, got []",
    );
    await expect(attentionEntropy(model, [{ ids: [1, 2] }] as never)).rejects.toThrow(
      "attentionEntropy: samples[0] must be token ids, at least one, got ",
    );
    await expect(attentionEntropy(model, [[1, 2], [1]])).rejects.toThrow(
      "attentionEntropy: samples[1] must have 2 tokens, as the first, got 1",
    );
    await expect(attentionEntropy(model, [[1, 512]])).rejects.toThrow(
      "attentionEntropy: samples[0].ids[1] must be an integer from 0 to 511, got 512",
    );
  });
});
