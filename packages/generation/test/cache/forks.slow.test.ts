/**
 * Caches that are forked, extended and released in any order, of layers of any mix under any extension, give the logits of cold runs.
 * Every branch has tokens of its own, so that one which wrote into another's would be seen.
 */
import { bytesOfBuffer } from "@ropewalk/backend";
import { selfExtend, settles } from "@ropewalk/context-extension";
import { extendDecoder, type Decoder, type ExtendedDecoder } from "@ropewalk/decoder";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import {
  cacheBytes,
  createCache,
  forkCache,
  loadModel,
  plannedCacheBytes,
  prefill,
  releaseCache,
  type KeyValueCache,
} from "../../src/index.ts";
import { counted } from "../counted.ts";
import { backends } from "../backends.ts";
import { decoderOf, extensions, sessionOf, shapes, vocabSize, widthOf } from "../random-decoder.ts";

/** More than any run has: frequencies that depend on the length stay as they are. */
const planned = 2000;

const act = fc.record({
  branch: fc.nat(3),
  kind: fc.constantFrom("run", "run", "run", "fork", "release"),
  /** Now and then as many as have settled. */
  tokens: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 130, max: 260 })),
  chunkSize: fc.integer({ min: 20, max: 100 }),
});

const cases = fc.record({
  shape: shapes,
  extension: extensions,
  precision: fc.constantFrom("float32" as const, "float32" as const, "q8" as const),
  first: fc.integer({ min: 1, max: 400 }),
  acts: fc.array(act, { minLength: 3, maxLength: 8 }),
});

/** How far logits may be from those of a cold run in float32. */
const most = { float32: 1e-4, q8: 0.3 };

type Branch = { cache: KeyValueCache; readonly seed: number; readonly seen: Map<number, Float32Array> };

const tokenOf = (seed: number, place: number): number => (seed * 31 + place * 17 + (place % 11) * seed) % vocabSize;

describe.each(backends)("on $name", (inner) => {
  it("gives what a cold run gives, and leaves nothing", async () => {
    const { backend, live, count } = counted(inner);
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape: layers, extension: asked, precision, first, acts }) => {
        const decoder = decoderOf(layers);
        const plain = extendDecoder(decoder, asked);
        const cache = plain.groups.some(settles) ? precision : "float32";
        const extended: ExtendedDecoder<Decoder> = extendDecoder(decoder, asked, { cache });
        const session = await sessionOf(backend, layers, extended);
        const width = widthOf(layers);
        let seeds = 0;
        const branches: Branch[] = [];
        const run = async (branch: Branch, tokens: number, chunkSize: number): Promise<void> => {
          const { length } = branch.cache;
          const ids = Array.from({ length: tokens }, (_, at) => tokenOf(branch.seed, length + at));
          const ran = await prefill(session, branch.cache, ids, { chunkSize });
          branch.cache = ran.cache;
          branch.seen.set(length + tokens - 1, ran.logits.slice(-width));
        };
        const ended: Branch[] = [];
        const end = (branch: Branch): void => {
          branches.splice(branches.indexOf(branch), 1);
          ended.push(branch);
          releaseCache(branch.cache);
        };
        branches.push({ cache: createCache(backend, extended, { length: planned }), seed: seeds++, seen: new Map() });
        await run(branches[0]!, first, 64);
        branches.push({ cache: forkCache(branches[0]!.cache), seed: seeds++, seen: new Map() });
        for (const { branch: at, kind, tokens, chunkSize } of acts) {
          const branch = branches[at % branches.length]!;
          if (kind === "fork") branches.push({ cache: forkCache(branch.cache), seed: seeds++, seen: new Map() });
          else if (kind === "run") await run(branch, tokens, chunkSize);
          else if (branches.length > 1) end(branch);
        }
        while (branches.length > 0) end(branches[0]!);
        expect([live.size, count.releasedTwice]).toEqual([0, 0]);
        for (const {
          cache: { ids },
          seen,
        } of ended) {
          const cold = createCache(backend, plain, { length: planned });
          const coldSession = cache === "float32" ? session : await sessionOf(backend, layers, plain);
          const rows = new Float32Array(ids.length * width);
          const onLogits = (start: number, logits: Float32Array): void => rows.set(logits, start * width);
          releaseCache((await prefill(coldSession, cold, ids, { onLogits })).cache);
          const of = (place: number): Float32Array => rows.subarray(place * width, (place + 1) * width);
          for (const [place, logits] of seen)
            expect(largestDifference(logits, of(place)), String(place)).toBeLessThan(most[cache]);
        }
        await session.release();
      }),
      { numRuns: inner.name === "cpu" ? 12 : 3 },
    );
  });
});

describe("the memory of a fork", () => {
  it("is the window and what waits; what has settled is laid out anew once as much waits, or at once when it is shared no more", async () => {
    const { backend, live } = counted(backends[0]!);
    const window = 64;
    const model = await loadModel(await openFolder(stories260K.url), {
      backend,
      extension: selfExtend({ groupSize: 8, window }),
    });
    const { session, extended } = model;
    const idsOf = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => 3 + ((at * 7) % 500));
    const first = await prefill(session, createCache(backend, extended, { length: 600 }), idsOf(600));
    const before = new Set(live);
    let fork = forkCache(first.cache);
    const own = [...live].filter((buffer) => !before.has(buffer)).reduce((sum, each) => sum + bytesOfBuffer(each), 0);
    expect(own).toBeLessThanOrEqual(plannedCacheBytes(extended, { length: window + 256 }));
    expect(cacheBytes(fork)).toBe(cacheBytes(first.cache));
    /** Tokens settled, and the rooms of what has and of what waits. */
    const roomsOf = ({ groups: [group] }: KeyValueCache) => [
      group!.settled,
      ...group!.stretches.slice(0, 2).map(({ room }) => room),
    ];
    const grown = async (count: number): Promise<readonly number[]> => {
      fork = (await prefill(session, fork, idsOf(count), { chunkSize: 50 })).cache;
      return roomsOf(fork);
    };
    // 537 of 600 tokens have left the window.
    expect(roomsOf(fork)).toEqual([513, 537, 128]);
    expect(await grown(100)).toEqual([513, 537, 128]);
    expect(await grown(100)).toEqual([513, 537, 256]);
    expect(await grown(280)).toEqual([513, 537, 512]);
    // As many wait as have settled.
    expect(await grown(20)).toEqual([1037, 1037, 128]);
    releaseCache(fork);

    // The other way round: the fork ends, and the first one goes on.
    fork = forkCache(first.cache);
    const rooms: (readonly number[])[] = [];
    let { cache } = await prefill(session, first.cache, idsOf(200));
    rooms.push(roomsOf(cache));
    releaseCache(fork);
    ({ cache } = await prefill(session, cache, [5]));
    rooms.push(roomsOf(cache));
    expect(rooms).toEqual([
      [513, 537, 256],
      [738, 1074, 128],
    ]);
    releaseCache(cache);
    expect(live.size).toBe(0);
    await model.release();
  });
});
