/** A checkpoint's own sliding window: honoured across chunks with a cache that stays bounded, and off under SelfExtend. */
import { selfExtend, slidingWindow, yarn } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { describe, expect, it } from "vitest";
import {
  createCache,
  cacheBytes,
  loadModel,
  needCheckpoint,
  openModel,
  prefill,
  releaseCache,
  runChunk,
} from "../../src/index.ts";
import { backends } from "../backends.ts";

const mistral = inRepository(`${tinyCheckpoints}/mistral/`);
const opened = await openModel(await openFolder(mistral));
const checkpoint = needCheckpoint("test", opened.source);
const ids = Array.from({ length: 700 }, (_, index) => 3 + ((index * 37) % 120));

describe.each(backends)("Mistral's window of 24 tokens on $name", (backend) => {
  it("is what the extension of that window gives, whatever the chunks", async () => {
    const model = await loadModel(opened, { backend });
    const asked = await loadModel(
      { ...opened, source: { ...checkpoint, decoder: { ...checkpoint.decoder, slidingWindow: undefined } } },
      { backend, extension: slidingWindow({ window: 24 }) },
    );
    const expected = await asked.logits(ids);
    for (const chunkSize of [1, 5, 24, 512])
      expect(largestDifference(await model.logits(ids, { chunkSize }), expected)).toBeLessThan(1e-4);
    await model.release();
    await asked.release();
  });

  it("bounds the cache and the capacity", async () => {
    const model = await loadModel(opened, { backend });
    expect(model.extended.capacity).toBe(Infinity);
    const sizes: number[] = [];
    let { cache } = await prefill(
      model.session,
      createCache(backend, model.extended, { length: ids.length }),
      ids.slice(0, 24),
    );
    for (const id of ids.slice(24)) {
      ({ cache } = await runChunk(model.session, cache, [id], [0]));
      sizes.push(cacheBytes(cache));
    }
    // A window, a chunk, and a block that is dropped at once: nothing that grows with the text.
    expect(new Set(sizes).size).toBe(1);
    const { numLayers, numKvHeads, headDim } = checkpoint.decoder;
    const perToken = 4 * numLayers * numKvHeads * headDim;
    expect(sizes[0]).toBeLessThanOrEqual(2 * perToken * (24 + 24 + 256));
    releaseCache(cache);
    await model.release();
  });
});

it("is switched off where an extension sets positions, and a notice says so", async () => {
  const [backend] = backends;
  const model = await loadModel(opened, { backend: backend! });
  expect(model.extended.notices).toEqual([]);
  expect((await model.withExtension(yarn({ factor: 2, originalContext: 64 }))).extended.attentionPath).toEqual({
    kind: "window",
    window: 24,
  });
  const extended = await model.withExtension(selfExtend({ groupSize: 4, window: 16 }));
  expect(extended.extended.attentionPath).toEqual({ kind: "near-far", window: 16 });
  expect(extended.extended.notices).toEqual([
    "the checkpoint's sliding window of 24 tokens is off: SelfExtend(groupSize 4, window 16) sets the positions",
    "positions are counted from 24 tokens, the checkpoint's sliding_window, and not from max_position_embeddings 64: " +
      "attention had no longer distances in training (trainedContext sets another window)",
  ]);
  await model.release();
});
