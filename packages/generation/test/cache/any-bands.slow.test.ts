/**
 * Bands of any form, each scored under its own mask, against the ways of near and far and of chunks where both can compute the same;
 * and how they are kept. Golden logits of such mappings are in layered.slow.test.ts.
 */
import {
  recordOf,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { keptRotations } from "@ropewalk/decoder";
import type { Band, PositionMapping } from "@ropewalk/position-mapping";
import { covers, nearBand } from "@ropewalk/position-mapping/bands";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { stories260K } from "@ropewalk/tiny-models";
import {
  cacheBytes,
  createCache,
  loadModel,
  plannedCacheBytes,
  prefill,
  releaseCache,
  runChunk,
  type LanguageModel,
} from "../../src/index.ts";
import { backends, load } from "../backends.ts";

const nothing = { capacity: () => Infinity, remedy: () => "nothing would fit" };

/** The same mapping, with what each band covers as a rule. */
const byRule = ({ positions }: ContextExtension): ContextExtension => {
  const { bands, config: _, ...mapping } = positions!;
  const rules = bands.map((band): Band => ({
    covers: (i, j) => covers(band, i, j),
    query: band.query,
    key: band.key,
  }));
  return withPositions({ kind: "custom", ...mapping, bands: rules } as PositionScheme);
};

const window = fc.integer({ min: 1, max: 40 });
const dualChunk = fc
  .record({ chunkLen: fc.integer({ min: 2, max: 50 }), localSize: fc.integer({ min: 1, max: 20 }) })
  .map(({ chunkLen, localSize }) => withPositions({ kind: "dual-chunk", chunkSize: chunkLen + localSize, localSize }));
const nearAndFar: fc.Arbitrary<ContextExtension> = fc.oneof(
  fc.tuple(window, fc.integer({ min: 1, max: 9 })).map(([w, groupSize]) => selfExtend({ groupSize, window: w })),
  window.map((w) => reRope({ window: w })),
  window.map((w) => slidingWindow({ window: w })),
  window.map((w) => withPositions({ kind: "string", shiftFrom: w + 3, window: w })),
  dualChunk,
);

describe.each(backends)("on $name", (backend) => {
  let stories: LanguageModel;
  beforeAll(async () => void (stories = await load(backend, stories260K)));
  afterAll(() => stories.release());

  it("a mapping of rules is that of the same distances or chunks, whatever the chunks that are run", async () => {
    const ids = fc.array(fc.integer({ min: 3, max: 500 }), { minLength: 1, maxLength: 90 });
    const chunkSize = fc.integer({ min: 1, max: 90 });
    await fc.assert(
      fc.asyncProperty(nearAndFar, ids, chunkSize, async (extension, prompt, size) => {
        const [fast, masked] = [await stories.withExtension(extension), await stories.withExtension(byRule(extension))];
        expect(fast.extended.attentionPath.kind).not.toBe("masked");
        expect(masked.extended.attentionPath.kind).toBe("masked");
        const wanted = await fast.logits(prompt);
        expect(largestDifference(await masked.logits(prompt, { chunkSize: size }), wanted)).toBeLessThan(2e-4);
        expect(largestDifference(await fast.logits(prompt, { chunkSize: size }), wanted)).toBeLessThan(2e-4);
      }),
      { numRuns: backend.name === "cpu" ? 12 : 4 },
    );
  });

  it("decodes the same with several steps a run and step by step", async () => {
    const model = await stories.withExtension(withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 12 }));
    const tokens = async (stepsPerRun: number): Promise<readonly number[]> => {
      const taken: number[] = [];
      const options = { maxNewTokens: 120, stopTokens: [], stepsPerRun };
      for await (const token of model.generateTokens([1, 403, 407], options)) taken.push(token);
      return taken;
    };
    expect(await tokens(16)).toEqual(await tokens(1));
  });

  it("by chunks, decodes beyond many of them and settles what they leave, in a cache that was planned for less", async () => {
    const ids = Array.from({ length: 500 }, (_, token) => 3 + ((token * 37) % 400));
    for (const [chunkSize, localSize] of [
      [40, 12],
      [200, 40],
    ] as const) {
      const extension = withPositions({ kind: "dual-chunk", chunkSize, localSize });
      const fast = await stories.withExtension(extension);
      const wanted = await (await stories.withExtension(byRule(extension))).logits(ids);
      const { vocabSize } = fast.extended.decoder;
      let { cache } = await prefill(fast.session, createCache(backend, fast.extended, { length: 9 }), ids.slice(0, 8));
      for (const [at, id] of ids.entries()) {
        if (at < 8) continue;
        let logits: Float32Array;
        ({ cache, logits } = await runChunk(fast.session, cache, [id], [0]));
        const row = wanted.subarray(at * vocabSize, (at + 1) * vocabSize);
        expect(largestDifference(logits, row), `token ${at}`).toBeLessThan(2e-4);
      }
      releaseCache(cache);
    }
  });

  it("holds each key once by chunks, and under STRING: the bytes of plain attention, but for the ring", async () => {
    const { numLayers, numKvHeads, headDim } = stories.extended.decoder;
    const tokensOf = async (extension: ContextExtension, length: number): Promise<number> => {
      const { extended, session } = await stories.withExtension(extension);
      expect(keptRotations(extended)).toEqual([0]);
      const planned = plannedCacheBytes(extended, { length });
      const ids = Array.from({ length }, (_, token) => 3 + ((token * 37) % 400));
      const { cache } = await prefill(session, createCache(backend, extended, { length }), ids);
      expect(cacheBytes(cache)).toBe(planned);
      releaseCache(cache);
      return planned / (2 * 4 * numLayers * numKvHeads * headDim);
    };
    const dual = withPositions({ kind: "dual-chunk", chunkSize: 120, localSize: 20 });
    const shifted = withPositions({ kind: "string", shiftFrom: 21, window: 8 });
    for (const length of [600, 650]) {
      const plain = await tokensOf({}, length);
      // The ring has two chunks of 100, of which the last is filled so far.
      expect(await tokensOf(dual, length)).toBe(plain + 100 - (length % 100));
      // It has the last 21, and one of them is one more than what is near.
      expect(await tokensOf(shifted, length)).toBe(plain + 1);
    }
  });

  it("by chunks, is the same in 8 bits, but for what they round", async () => {
    const dual = withPositions({ kind: "dual-chunk", chunkSize: 120, localSize: 20 });
    const small = await loadModel(await openFolder(stories260K.url), { backend, extension: dual, cache: "q8" });
    const ids = Array.from({ length: 460 }, (_, token) => 3 + ((token * 37) % 400));
    const wanted = await (await stories.withExtension(dual)).logits(ids);
    const given = await small.logits(ids, { chunkSize: 64 });
    const total = given.reduce((sum, logit, at) => sum + Math.abs(logit - wanted[at]!), 0);
    expect(total / given.length).toBeGreaterThan(0);
    expect(total / given.length).toBeLessThan(0.03);
    await small.release();
  });

  it("keeps each key once where bands share its rotation, also in a cache that grows beyond its plan", async () => {
    const ids = Array.from({ length: 120 }, (_, token) => 3 + ((token * 37) % 400));
    const bytesOf = async (extension: ContextExtension, copies: number): Promise<void> => {
      const { extended, session } = await stories.withExtension(extension);
      expect(keptRotations(extended)).toHaveLength(copies);
      const { numLayers, numKvHeads, headDim } = extended.decoder;
      const planned = plannedCacheBytes(extended, { length: ids.length });
      expect(planned).toBe(4 * numLayers * numKvHeads * headDim * ids.length * (copies + 1));
      let { cache } = await prefill(session, createCache(backend, extended, { length: ids.length }), ids);
      expect(cacheBytes(cache)).toBe(planned);
      let logits: Float32Array;
      ({ cache, logits } = await runChunk(session, cache, [5, 6], [1]));
      expect(
        largestDifference(
          logits,
          (await prefill(session, createCache(backend, extended, { length: 9 }), [...ids, 5, 6])).logits,
        ),
      ).toBeLessThan(1e-4);
      releaseCache(cache);
    };
    await bytesOf(byRule(withPositions({ kind: "dual-chunk", chunkSize: 60, localSize: 12 })), 1);
    await bytesOf(withPositions({ kind: "sinks", sinks: 4, window: 150 }), 2);
  });

  it("keeps no more than what is seen: sinks and a window, around the ring many times", async () => {
    const sinks = { kind: "sinks", sinks: 3, window: 16 } as const;
    const bounded = await stories.withExtension(withPositions(sinks));
    const { seen: _, config: __, ...whole } = bounded.extended.positions as ContextExtension["positions"] & object;
    const unbounded = await stories.withExtension(withPositions({ kind: "custom", ...whole } as PositionScheme));
    const ids = Array.from({ length: 150 }, (___, token) => 3 + ((token * 37) % 400));
    const wanted = await unbounded.logits(ids);
    for (const chunkSize of [1, 5, 16, 150])
      expect(largestDifference(await bounded.logits(ids, { chunkSize }), wanted)).toBeLessThan(1e-4);
    const { numLayers, numKvHeads, headDim } = bounded.extended.decoder;
    const most = 4 * numLayers * numKvHeads * headDim * 3 * (3 + 16);
    expect(plannedCacheBytes(bounded.extended, { length: 10_000 })).toBe(most);
    // A cache that was planned for less grows to that, and no further.
    let cache = createCache(backend, bounded.extended, { length: 2 });
    for (const id of ids.slice(0, 60)) ({ cache } = await runChunk(bounded.session, cache, [id], [0]));
    expect(cacheBytes(cache)).toBe(most);
    releaseCache(cache);
    const tokens = async (stepsPerRun: number): Promise<readonly number[]> => {
      const taken: number[] = [];
      for await (const token of bounded.generateTokens([1, 403, 407], {
        maxNewTokens: 90,
        stopTokens: [],
        stepsPerRun,
      }))
        taken.push(token);
      return taken;
    };
    expect(await tokens(7)).toEqual(await tokens(1));
  });

  it("refuses rules that break where nobody looked", async () => {
    const mapping: PositionMapping = {
      name: "breaks late",
      window: 4,
      ...nothing,
      bands: [nearBand(4), { covers: (i, j) => i - j >= 4 || (i === 300 && j === 299), query: () => 4, key: () => 0 }],
    };
    const extension = withPositions({ kind: "custom", ...mapping });
    expect(() => recordOf(extension)).toThrow(/breaks late without, whose functions the module that made it has$/);
    const model = await stories.withExtension(extension);
    const ids = Array.from({ length: 301 }, (_, token) => 3 + ((token * 37) % 400));
    await expect(model.logits(ids)).rejects.toThrow(
      RangeError("chunkMasks: bands must not overlap, got bands[0] and bands[1] for query 300 and key 299"),
    );
    const [near] = mapping.bands;
    const unseen: PositionMapping = {
      ...mapping,
      seen: { first: 3, last: 4 },
      bands: [
        near!,
        { covers: (i, j) => i - j >= 4 && (j < 3 || (i === 300 && j === 100)), query: () => 4, key: () => 0 },
      ],
    };
    const forgetful = await stories.withExtension(withPositions({ kind: "custom", ...unseen }));
    await expect(forgetful.logits(ids)).rejects.toThrow(
      RangeError("chunkMasks: bands must cover no key but the first 3 and the last 4, got query 300 and key 100"),
    );
  });
});
