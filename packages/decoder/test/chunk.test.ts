import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkMasks,
  closed,
  farFrom,
  inputs,
  longestChunk,
  rowsRead,
  type BandLayout,
  type Numbers,
} from "../src/index.ts";

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

describe("rows that a chunk reads", () => {
  it("far rows end with the band, near rows begin with it, and the band is near for some queries and far for others", () => {
    fc.assert(
      fc.property(placed, ([layout, chunk]) => {
        const farEnd = farFrom(layout, chunk.start);
        const { far, near } = rowsRead(layout, chunk, 0);
        expect(near).toEqual({ from: farEnd, to: chunk.start });
        expect(far === undefined).toBe(layout.kind === "window");
        for (let key = 0; key < chunk.start; key++) {
          const inside = Array.from({ length: chunk.length }, (_, query) => chunk.start + query - key < layout.window);
          if (key < farEnd) expect(inside).not.toContain(true);
          else if (far && key < far.to) expect(new Set(inside).size).toBe(2);
          else if (far) expect(inside).not.toContain(false);
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
    expect(rowsRead({ kind: "everything" }, { start: 9, length: 4 }, 5)).toEqual({ far: { from: 5, to: 9 } });
    expect(farFrom({ kind: "everything" }, 9)).toBe(9);
    expect(longestChunk({ kind: "everything" })).toBe(Infinity);
  });
});

describe("masks", () => {
  it("open each key before a query once, near or far, or settled, and never the future", () => {
    fc.assert(
      fc.property(placed, fc.double({ min: 0, max: 1, noNaN: true }), ([layout, chunk], share) => {
        const settled = layout.kind === "window" ? 0 : Math.floor(share * farFrom(layout, chunk.start));
        const masks = chunkMasks(layout, chunk, settled);
        const { far, near } = rowsRead(layout, chunk, settled);
        for (let query = 0; query < chunk.length; query++) {
          const position = chunk.start + query;
          for (let key = settled; key < chunk.start; key++) {
            const isNear = position - key < layout.window;
            const opens = (name: string, range: typeof far): boolean =>
              range !== undefined && key >= range.from && key < range.to && open(masks[name]!, query, key - range.from);
            expect(opens(inputs.nearMask, near)).toBe(isNear);
            expect(opens(inputs.farMask, far)).toBe(!isNear && layout.kind === "near-far");
          }
          for (let own = 0; own < chunk.length; own++)
            expect(open(masks[inputs.causalMask]!, query, own)).toBe(own <= query);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("of no keys is one closed column", () => {
    const masks = chunkMasks({ kind: "near-far", window: 4 }, { start: 0, length: 2 }, 0);
    for (const name of [inputs.farMask, inputs.nearMask])
      expect(masks[name]).toEqual({ dims: [2, 1], data: new Float32Array(2).fill(closed) });
  });

  it("of one band open everything that is not settled", () => {
    const masks = chunkMasks({ kind: "everything" }, { start: 9, length: 2 }, 5);
    expect(masks[inputs.farMask]).toEqual({ dims: [2, 4], data: new Float32Array(8) });
    expect(Object.keys(masks)).toHaveLength(2);
  });
});
