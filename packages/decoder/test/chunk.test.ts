import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttentionPath } from "@ropewalk/context-extension";
import {
  chunkMasks,
  maskedScore,
  farAfter,
  farFrom,
  hasBand,
  decoderInputs,
  longestChunk,
  ringChunks,
  type CacheWidths,
  type Numbers,
} from "../src/index.ts";

const layouts: fc.Arbitrary<Extract<AttentionPath, { readonly window: number }>> = fc.record({
  kind: fc.constantFrom("window" as const, "near-far" as const),
  window: fc.integer({ min: 1, max: 50 }),
});

const chunkIn = (attentionPath: AttentionPath): fc.Arbitrary<{ readonly start: number; readonly length: number }> =>
  fc.record({ start: fc.nat(120), length: fc.integer({ min: 1, max: Math.min(60, longestChunk(attentionPath, 0)) }) });

const placed = layouts.chain((attentionPath) => fc.tuple(fc.constant(attentionPath), chunkIn(attentionPath)));

/** So many tokens settled, and so many keys in the tail, and in the ring or each of its chunks. */
const widths = (settled: number, tail: number, ring: number): CacheWidths => ({
  settled,
  keys: (mask) => (mask === decoderInputs.tailMask(0) ? tail : ring),
});

const open = ({ dims, data }: Numbers, row: number, column: number): boolean => {
  const value = data[row * dims[1]! + column];
  expect([0, Math.fround(maskedScore)]).toContain(value);
  return value === 0;
};

describe("a chunk and its window", () => {
  it("has a band where a key before it is near for some queries and far for others", () => {
    fc.assert(
      fc.property(placed, ([attentionPath, chunk]) => {
        const inside = (key: number): readonly boolean[] =>
          Array.from({ length: chunk.length }, (_, query) => chunk.start + query - key < attentionPath.window);
        const before = Array.from({ length: chunk.start }, (_, key) => new Set(inside(key)));
        expect(hasBand(attentionPath, chunk)).toBe(before.some(({ size }) => size === 2));
        const farEnd = farFrom(attentionPath, chunk.start);
        before.forEach((seen, key) => expect(seen.has(true)).toBe(key >= farEnd));
      }),
    );
  });

  it("has no key of its own that is far from a query of its own", () => {
    fc.assert(
      fc.property(layouts, (attentionPath) => {
        expect(longestChunk(attentionPath, 7) - 1).toBeLessThan(attentionPath.window);
      }),
    );
  });

  it("knows how many tokens are run once so many are far", () => {
    const chunked = fc.record({
      kind: fc.constant("chunked" as const),
      chunkLen: fc.integer({ min: 1, max: 30 }),
      ringChunks: fc.integer({ min: 1, max: 4 }),
    });
    const any = fc.oneof(layouts, chunked, fc.constant<AttentionPath>({ kind: "everything" }));
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 200 }), (attentionPath, count) => {
        const length = farAfter(attentionPath, count);
        expect(farFrom(attentionPath, length)).toBeGreaterThanOrEqual(count);
        expect(farFrom(attentionPath, length - 1)).toBeLessThan(count);
      }),
    );
    expect(farAfter({ kind: "masked", bands: [] }, 1)).toBe(Infinity);
  });

  it("has no window where there is one band: everything before it is seen alike", () => {
    expect(hasBand({ kind: "everything" }, { start: 9, length: 4 })).toBe(false);
    expect(farFrom({ kind: "everything" }, 9)).toBe(9);
    expect(longestChunk({ kind: "everything" }, 9)).toBe(Infinity);
  });
});

describe("masks", () => {
  it("open each key before a query once: settled, in the tail, or in its slot of the ring, near or far", () => {
    fc.assert(
      fc.property(placed, fc.double({ min: 0, max: 1, noNaN: true }), ([attentionPath, chunk], share) => {
        const { window } = attentionPath;
        const farEnd = farFrom(attentionPath, chunk.start);
        const settled = attentionPath.kind === "window" ? 0 : Math.floor(share * farEnd);
        const [tailLen, ringLen] = [farEnd - settled + 3, window];
        const masks = chunkMasks(0, attentionPath, chunk, widths(settled, tailLen, ringLen));
        expect(masks[decoderInputs.ringFarMask(0)] === undefined).toBe(attentionPath.kind === "window");
        for (let query = 0; query < chunk.length; query++) {
          const position = chunk.start + query;
          const openTail = Array.from(
            { length: tailLen },
            (_, at) => attentionPath.kind === "near-far" && open(masks[decoderInputs.tailMask(0)]!, query, at),
          );
          if (attentionPath.kind === "near-far")
            expect(openTail).toEqual(Array.from({ length: tailLen }, (_, at) => at < farEnd - settled));
          const seen = { near: new Set<number>(), far: new Set<number>() };
          for (let key = Math.max(0, chunk.start - window); key < chunk.start; key++)
            if (key >= farEnd) seen[position - key < window ? "near" : "far"].add(key % window);
          for (let slot = 0; slot < window; slot++) {
            expect(open(masks[decoderInputs.ringNearMask(0)]!, query, slot)).toBe(seen.near.has(slot));
            if (attentionPath.kind === "near-far")
              expect(open(masks[decoderInputs.ringFarMask(0)]!, query, slot)).toBe(seen.far.has(slot));
          }
          for (let own = 0; own < chunk.length; own++)
            expect(open(masks[decoderInputs.causalMask]!, query, own)).toBe(own <= query);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("where positions go by chunks open each key before a run once, in the part of its band", () => {
    const chunked = fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(120),
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(chunked, ([chunkLen, count, start, asked, share]) => {
        const attentionPath = { kind: "chunked", chunkLen, ringChunks: count } as const;
        const length = Math.min(asked, longestChunk(attentionPath, start));
        // It ends where a chunk of positions ends, and not before.
        expect(Math.floor((start + length - 1) / chunkLen)).toBe(Math.floor(start / chunkLen));
        expect((start + longestChunk(attentionPath, start)) % chunkLen).toBe(0);
        const farEnd = farFrom(attentionPath, start);
        const settled = Math.floor(share * farEnd);
        const chunks = ringChunks(attentionPath, start);
        const filled = chunks.map((tokens) => (tokens > 0 ? chunkLen : 0));
        const masks = chunkMasks(
          0,
          attentionPath,
          { start, length },
          {
            settled,
            keys: (mask) =>
              filled[chunks.findIndex((_, at) => mask === decoderInputs.ringChunkMask(0, at))] ?? farEnd - settled + 2,
          },
        );
        const back = (key: number): number => Math.floor(start / chunkLen) - Math.floor(key / chunkLen);
        for (let query = 0; query < length; query++) {
          const seen = new Map<number, number>();
          for (let key = 0; key < settled; key++) seen.set(key, count);
          for (let at = 0; at < farEnd - settled + 2; at++)
            if (open(masks[decoderInputs.tailMask(0)]!, query, at)) seen.set(settled + at, count);
          for (const [band, columns] of filled.entries())
            for (let slot = 0; slot < Math.max(1, columns); slot++)
              if (open(masks[decoderInputs.ringChunkMask(0, band)]!, query, slot)) {
                const key = (Math.floor(start / chunkLen) - band) * chunkLen + slot;
                expect(seen.has(key)).toBe(false);
                seen.set(key, band);
              }
          expect([...seen].toSorted(([a], [b]) => a - b)).toEqual(
            Array.from({ length: start }, (_, key) => [key, Math.min(back(key), count)]),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("of one band open the tail, and there is no ring", () => {
    const masks = chunkMasks(0, { kind: "everything" }, { start: 9, length: 2 }, widths(5, 6, 0));
    const row = [0, 0, 0, 0, maskedScore, maskedScore];
    expect(masks[decoderInputs.tailMask(0)]).toEqual({ dims: [2, 6], data: Float32Array.of(...row, ...row) });
    expect(Object.keys(masks)).toHaveLength(2);
  });

  it("of a part without keys are a closed column for its stand-in", () => {
    const masks = chunkMasks(0, { kind: "near-far", window: 4 }, { start: 0, length: 2 }, widths(0, 0, 0));
    for (const name of [decoderInputs.tailMask(0), decoderInputs.ringNearMask(0), decoderInputs.ringFarMask(0)])
      expect(masks[name]).toEqual({ dims: [2, 1], data: Float32Array.of(maskedScore, maskedScore) });
  });
});
