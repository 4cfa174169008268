import { selfExtend as mapping } from "@ropewalk/position-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkMasks, closed, inputs, longestChunk, stretches, type BandLayout, type Numbers } from "../src/index.ts";

const layouts: fc.Arbitrary<Extract<BandLayout, { readonly window: number }>> = fc.record({
  kind: fc.constantFrom("window" as const, "near-far" as const),
  window: fc.integer({ min: 1, max: 50 }),
});

const chunkIn = (layout: BandLayout): fc.Arbitrary<{ readonly start: number; readonly length: number }> =>
  fc.record({ start: fc.nat(120), length: fc.integer({ min: 1, max: Math.min(60, longestChunk(layout)) }) });

const placed = layouts.chain((layout) => fc.tuple(fc.constant(layout), chunkIn(layout)));

const open = ({ dims, data }: Numbers, row: number, column: number): boolean => {
  const value = data[row * dims[1]! + column];
  expect([0, Math.fround(closed)]).toContain(value);
  return value === 0;
};

describe("stretches of the keys before a chunk", () => {
  it("far is beyond every query's window, near inside every one's, the band between", () => {
    fc.assert(
      fc.property(placed, ([layout, chunk]) => {
        const { farEnd, bandEnd } = stretches(layout, chunk);
        for (let key = 0; key < chunk.start; key++) {
          const inside = Array.from({ length: chunk.length }, (_, query) => chunk.start + query - key < layout.window);
          if (key < farEnd) expect(inside).not.toContain(true);
          else if (key >= bandEnd) expect(inside).not.toContain(false);
          else expect(new Set(inside).size).toBe(2);
        }
      }),
    );
  });

  it("a chunk as long as the window has no key of its own that is far from a query of its own", () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        expect(longestChunk(layout) - 1).toBeLessThan(layout.window);
      }),
    );
  });

  it("one band has no window: everything before the chunk is seen alike", () => {
    expect(stretches({ kind: "everything" }, { start: 9, length: 4 })).toEqual({ farEnd: 9, bandEnd: 9 });
    expect(longestChunk({ kind: "everything" })).toBe(Infinity);
  });
});

describe("masks", () => {
  it("open near or far, never both, and never the future", () => {
    fc.assert(
      fc.property(placed, ([layout, chunk]) => {
        const { farEnd, bandEnd } = stretches(layout, chunk);
        const masks = chunkMasks(layout, chunk);
        const near = masks[inputs.bandNearMask]!;
        const far = masks[inputs.bandFarMask];
        expect(far === undefined).toBe(layout.kind === "window");
        for (let query = 0; query < chunk.length; query++) {
          for (let key = farEnd; key < bandEnd; key++) {
            const inside = mapping({ groupSize: 2, window: layout.window }).bands[0]!.to > chunk.start + query - key;
            expect(open(near, query, key - farEnd)).toBe(inside);
            if (far) expect(open(far, query, key - farEnd)).toBe(!inside);
          }
          for (let own = 0; own < chunk.length; own++)
            expect(open(masks[inputs.causalMask]!, query, own)).toBe(own <= query);
        }
        if (bandEnd === farEnd)
          expect(Array.from(near.data)).toEqual(Array.from({ length: chunk.length }, () => Math.fround(closed)));
      }),
      { numRuns: 60 },
    );
  });
});
