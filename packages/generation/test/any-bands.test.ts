/**
 * Bands of any form, each scored under its own mask, against the way of near and far where both can compute the same; and how they
 * are kept. Golden logits of such mappings are in layered.test.ts.
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
import { nearBand } from "@ropewalk/position-mapping/bands";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cacheBytes,
  createCache,
  plannedCacheBytes,
  prefill,
  releaseCache,
  runChunk,
  type LanguageModel,
} from "../src/index.ts";
import { backends, largestDifference, load, stories260K } from "./load.ts";

const nothing = { capacity: () => Infinity, remedy: () => "nothing would fit" };

/** The same mapping, with each band's distances as a rule. */
const byRule = ({ positions }: ContextExtension): ContextExtension => {
  const { bands, config: _, ...mapping } = positions!;
  const rules = bands.map(({ from, to, query, key }): Band => ({
    covers: (i, j) => i - j >= from! && i - j < to!,
    query,
    key,
  }));
  return withPositions({ kind: "custom", ...mapping, bands: rules } as PositionScheme);
};

const window = fc.integer({ min: 1, max: 40 });
const nearAndFar: fc.Arbitrary<ContextExtension> = fc.oneof(
  fc.tuple(window, fc.integer({ min: 1, max: 9 })).map(([w, groupSize]) => selfExtend({ groupSize, window: w })),
  window.map((w) => reRope({ window: w })),
  window.map((w) => slidingWindow({ window: w })),
  window.map((w) => withPositions({ kind: "string", shiftFrom: w + 3, window: w })),
);

describe.each(backends)("on $name", (backend) => {
  let stories: LanguageModel;
  beforeAll(async () => void (stories = await load(backend, stories260K)));
  afterAll(() => stories.release());

  it("a mapping of rules is that of the same distances, whatever the chunks", async () => {
    const ids = fc.array(fc.integer({ min: 3, max: 500 }), { minLength: 1, maxLength: 90 });
    const chunkSize = fc.integer({ min: 1, max: 90 });
    await fc.assert(
      fc.asyncProperty(nearAndFar, ids, chunkSize, async (extension, prompt, size) => {
        const [fast, masked] = [await stories.withExtension(extension), await stories.withExtension(byRule(extension))];
        expect(fast.extended.layout.kind).not.toBe("masked");
        expect(masked.extended.layout.kind).toBe("masked");
        const wanted = await fast.logits(prompt);
        expect(largestDifference(await masked.logits(prompt, { chunkSize: size }), wanted)).toBeLessThan(2e-4);
      }),
      { numRuns: backend.name === "cpu" ? 12 : 4 },
    );
  });

  it("decodes the same in blocks and step by step", async () => {
    const model = await stories.withExtension(withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 12 }));
    const tokens = async (decodeBlock: number): Promise<readonly number[]> => {
      const taken: number[] = [];
      const options = { maxNewTokens: 120, stopTokens: [], decodeBlock };
      for await (const token of model.generateTokens([1, 403, 407], options)) taken.push(token);
      return taken;
    };
    expect(await tokens(16)).toEqual(await tokens(1));
  });

  it("keeps each key once where bands share its rotation, also in a cache that grows beyond its plan", async () => {
    const ids = Array.from({ length: 120 }, (_, token) => 3 + ((token * 37) % 400));
    const bytesOf = async (scheme: PositionScheme, copies: number): Promise<void> => {
      const { extended, session } = await stories.withExtension(withPositions(scheme));
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
    await bytesOf({ kind: "dual-chunk", chunkSize: 60, localSize: 12 }, 1);
    await bytesOf({ kind: "sinks", sinks: 4, window: 150 }, 2);
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
    const tokens = async (decodeBlock: number): Promise<readonly number[]> => {
      const taken: number[] = [];
      for await (const token of bounded.generateTokens([1, 403, 407], {
        maxNewTokens: 90,
        stopTokens: [],
        decodeBlock,
      }))
        taken.push(token);
      return taken;
    };
    expect(await tokens(7)).toEqual(await tokens(1));
  });

  it("refuses rules that break where nobody looked", async () => {
    const mapping: PositionMapping = {
      ...{ name: "breaks late", window: 4, ...nothing },
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
