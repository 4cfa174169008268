import {
  compose,
  leakyReRope,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { createCache, prefill, resetCache, runChunk, type LanguageModel } from "../../src/index.ts";
import { backends, load } from "../backends.ts";

const [cpu] = backends;
const close = 1e-3;

let plain: LanguageModel;
beforeAll(async () => void (plain = await load(cpu!, stories260K)));
afterAll(() => plain.release());

const prompts = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 3, max: 511 }), { minLength: 1, maxLength });

const logitsUnder = async (
  extension: ContextExtension,
  ids: readonly number[],
  chunkSize?: number,
): Promise<Float32Array> =>
  (await plain.withExtension(extension)).logits(ids, chunkSize === undefined ? {} : { chunkSize });

const small = { numRuns: 15 };

describe("identities", () => {
  it("groups of 1 are plain RoPE, for any window", async () => {
    await fc.assert(
      fc.asyncProperty(prompts(150), fc.integer({ min: 1, max: 60 }), async (ids, window) => {
        const extended = await logitsUnder(selfExtend({ groupSize: 1, window }), ids);
        expect(largestDifference(extended, await logitsUnder({}, ids))).toBeLessThan(close);
      }),
      small,
    );
  });

  it("a window that holds the whole input is plain RoPE, for every mapping", async () => {
    const mappings = [
      (window: number) => selfExtend({ groupSize: 5, window }),
      (window: number) => reRope({ window }),
      (window: number) => leakyReRope({ factor: 3.5, window }),
      (window: number) => slidingWindow({ window }),
    ];
    await fc.assert(
      fc.asyncProperty(prompts(120), fc.nat(40), fc.constantFrom(...mappings), async (ids, spare, mapping) => {
        const extended = await logitsUnder(mapping(ids.length + spare), ids);
        expect(largestDifference(extended, await logitsUnder({}, ids))).toBeLessThan(close);
      }),
      small,
    );
  });

  it("leaky ReRoPE with factor 1 is plain RoPE", async () => {
    await fc.assert(
      fc.asyncProperty(prompts(120), fc.integer({ min: 1, max: 60 }), async (ids, window) => {
        expect(
          largestDifference(await logitsUnder(leakyReRope({ factor: 1, window }), ids), await logitsUnder({}, ids)),
        ).toBeLessThan(close);
      }),
      small,
    );
  });

  it("log-n scaling changes nothing inside the window it counts from", async () => {
    await fc.assert(
      fc.asyncProperty(prompts(100), async (ids) => {
        expect(await logitsUnder(logN({ trainedContext: 512 }), ids)).toEqual(await logitsUnder({}, ids));
      }),
      small,
    );
  });

  it("chunks of any size give what token by token gives, for every mapping", async () => {
    const mapping = fc.oneof(
      fc.constant<ContextExtension>({}),
      fc
        .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }))
        .map(([window, groupSize]) => selfExtend({ groupSize, window })),
      fc.integer({ min: 1, max: 40 }).map((window) => reRope({ window })),
      fc.integer({ min: 1, max: 40 }).map((window) => leakyReRope({ factor: 2.5, window })),
      fc.integer({ min: 1, max: 40 }).map((window) => slidingWindow({ window })),
    );
    await fc.assert(
      fc.asyncProperty(prompts(160), mapping, fc.integer({ min: 2, max: 160 }), async (ids, positions, chunkSize) => {
        const extension = compose(positions, logN({ trainedContext: 16 }));
        const once = await logitsUnder(extension, ids, 1);
        expect(largestDifference(await logitsUnder(extension, ids, chunkSize), once)).toBeLessThan(close);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the cache over a long run", () => {
  const length = 900;
  const ids = Array.from({ length }, (_, index) => 3 + ((index * 131) % 500));

  it.each<readonly [string, ContextExtension]>([
    ["plain", {}],
    ["SelfExtend", selfExtend({ groupSize: 7, window: 100 })],
    ["ReRoPE", reRope({ window: 60 })],
    ["sliding window", slidingWindow({ window: 80 })],
  ])("%s: decoding after a prompt gives what prefill gives, through settling and growing", async (_, extension) => {
    const model = await plain.withExtension(extension);
    const { decoder } = model.extended;
    const whole = await model.logits(ids);
    const graph = model.extended;
    // Planned far too small: every buffer has to grow.
    let cache = createCache(cpu!, graph, { length: 8 });
    let { logits } = await prefill(model.session, cache, ids.slice(0, 300)).then((result) => {
      cache = result.cache;
      return result;
    });
    for (let position = 300; position <= length; position++) {
      const expected = whole.subarray((position - 1) * decoder.vocabSize, position * decoder.vocabSize);
      expect(largestDifference(logits, expected)).toBeLessThan(close);
      if (position < length) ({ logits, cache } = await runChunk(model.session, cache, [ids[position]!], [0]));
    }
    expect(cache.length).toBe(length);
  });

  it("a cache that was reset gives what a fresh one gives", async () => {
    const model = await plain.withExtension(selfExtend({ groupSize: 4, window: 24 }));
    const { backend, extended, session } = model;
    const used = createCache(backend, extended, { length: 400 });
    const [first, second] = [300, 350].map((count) => Array.from({ length: count }, (_, n) => 3 + ((n * count) % 500)));
    const { cache } = await prefill(session, used, first!);
    const again = await prefill(session, resetCache(cache), second!);
    const fresh = await prefill(session, createCache(backend, extended, { length: 400 }), second!);
    expect(again.logits).toEqual(fresh.logits);
  });
});
