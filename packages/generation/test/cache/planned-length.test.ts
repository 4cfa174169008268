/** Scalings that depend on the length: frequencies of the planned one, and keys computed anew by a run that outgrows it. */
import type { Decoder } from "@ropewalk/decoder";
import { stories260K } from "@ropewalk/tiny-models";
import type { RopeScaling } from "@ropewalk/rope";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { expect, it } from "vitest";
import { createCache, loadModel, needCheckpoint, openModel, prefill, releaseCache, runChunk } from "../../src/index.ts";
import { backends } from "../backends.ts";

const longrope: RopeScaling = {
  kind: "longrope",
  shortFactor: [1, 1.1, 1.2, 1.3],
  longFactor: [1.5, 2.5, 4, 6],
  factor: 4,
  originalContext: 48,
};

const dynamic: RopeScaling = { kind: "dynamic-ntk", factor: 2, originalContext: 48 };

const ids = Array.from({ length: 120 }, (_, index) => 3 + ((index * 131) % 500));

const opened = await openModel(
  await import("@ropewalk/models/node").then(({ openFolder }) => openFolder(stories260K.url)),
);
const checkpoint = needCheckpoint("test", opened.source);
const withScaling = (scaling: RopeScaling): Decoder => ({
  ...checkpoint.decoder,
  rope: { ...checkpoint.decoder.rope, scaling },
});

it.each([
  ["LongRoPE", longrope],
  ["dynamic NTK", dynamic],
] as const)("%s: a run that outgrows its plan gives what a longer plan gives", async (_, scaling) => {
  const [backend] = backends;
  const decoder = withScaling(scaling);
  const model = await loadModel({ ...opened, source: { ...checkpoint, decoder } }, { backend: backend! });
  const { session, extended } = model;
  const run = async (planned: number): Promise<{ readonly logits: Float32Array; readonly planned: number }> => {
    let { logits, cache } = await prefill(
      session,
      createCache(backend!, extended, { length: planned }),
      ids.slice(0, 30),
      { chunkSize: 16 },
    );
    for (const id of ids.slice(30)) ({ logits, cache } = await runChunk(session, cache, [id], [0]));
    const result = { logits, planned: cache.planned };
    releaseCache(cache);
    return result;
  };
  const outgrown = await run(40);
  const longer = await run(outgrown.planned);
  expect(outgrown.planned).toBeGreaterThanOrEqual(ids.length);
  expect(largestDifference(outgrown.logits, longer.logits)).toBeLessThan(1e-4);
  // And not what keys of both frequencies in one cache would give.
  const whole = await model.logits(ids.slice(0, 40));
  const inShort = (await model.logits(ids)).subarray(39 * decoder.vocabSize, 40 * decoder.vocabSize);
  expect(largestDifference(whole.subarray(39 * decoder.vocabSize), inShort)).toBeGreaterThan(0.01);
  await model.release();
});

it("LongRoPE: within the original window a run that outgrows its plan keeps its keys", async () => {
  const [backend] = backends;
  const model = await loadModel(
    { ...opened, source: { ...checkpoint, decoder: withScaling(longrope) } },
    { backend: backend! },
  );
  const cache = createCache(backend!, model.extended, { length: 8 });
  const short = await prefill(model.session, cache, ids.slice(0, 48), { chunkSize: 16 });
  expect(short.cache.frequencies).toBe(cache.frequencies);
  const beyond = await runChunk(model.session, short.cache, [ids[48]!], [0]);
  expect(beyond.cache.frequencies[0]!.inverseFrequencies).not.toEqual(cache.frequencies[0]!.inverseFrequencies);
  expect(beyond.cache.ids).toEqual(ids.slice(0, 49));
  releaseCache(beyond.cache);
  await model.release();
});
