import { capacity, relativePosition, relativePositions, type Band } from "@ropewalk/position-mapping";
import { capacityOfBands, nearAndFar, nearBand } from "@ropewalk/position-mapping/bands";
import { positionMapping } from "@ropewalk/position-mapping/scheme";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCase } from "./definitions.ts";

describe("capacityOfBands", () => {
  it("is the capacity of every mapping, found by its bands alone", () => {
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 1, max: 40 }), ({ mapping }, trainedContext) => {
        fc.pre(mapping.window === Infinity || mapping.window <= trainedContext);
        const most = 900;
        const wanted = Math.min(most, capacity(mapping, trainedContext));
        expect(capacityOfBands({ trainedContext, most }, mapping.bands), mapping.name).toBe(wanted);
      }),
    );
  });

  it("holds for keys in any order, by trying every pair", () => {
    const seeded = (seed: number, n: number): number => Math.round(20 * Math.abs(Math.sin(seed + 12.9 * n)));
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 }), (seed, L, window) => {
        const bands: readonly Band[] = [
          nearBand(window),
          { from: window, to: 3 * window, query: (i) => i, key: (j) => j - seeded(seed, j) },
          { from: 3 * window, to: Infinity, query: (i) => i / 2, key: (j) => seeded(seed, j) },
        ];
        const mapping = { name: "any", bands, window, capacity: () => 0, remedy: () => "" };
        const rows = relativePositions(mapping, 60);
        const first = rows.findIndex((row) => row.some((rel) => rel !== null && rel > L - 1));
        expect(capacityOfBands({ trainedContext: L, most: 60 }, bands)).toBe(first < 0 ? 60 : first);
      }),
    );
  });

  it("of bands by chunks is that of the mapping that they are of", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 40 }), (localSize, chunkLen, trainedContext) => {
        const mapping = positionMapping({ kind: "dual-chunk", chunkSize: chunkLen + localSize, localSize });
        fc.pre(mapping.window <= trainedContext);
        const wanted = Math.min(150, capacity(mapping, trainedContext));
        expect(capacityOfBands({ trainedContext, most: 150 }, mapping.bands)).toBe(wanted);
        expect(() => capacityOfBands({ trainedContext } as never, mapping.bands)).toThrow(/most must be a number/);
      }),
    );
  });

  it("of a mapping with three bands", () => {
    const bands: readonly Band[] = [
      nearBand(4),
      { from: 4, to: 8, query: (i) => Math.floor(i / 2) + 2, key: (j) => Math.floor(j / 2) },
      { from: 8, to: Infinity, query: (i) => Math.floor(i / 4) + 4, key: (j) => Math.floor(j / 4) },
    ];
    expect(capacityOfBands({ trainedContext: 32 }, bands)).toBe(4 * (32 - 4));
  });
});

describe("wrong values", () => {
  const wrong = (query: Band["query"], key: Band["key"] = (j) => j) => ({
    name: "broken",
    window: 8,
    capacity: () => NaN,
    remedy: () => "",
    bands: nearAndFar(8, query, key),
  });

  it("names the band and the token of a position that is not a number", () => {
    const mapping = wrong((i) => i / 0 - i / 0);
    const message = "bands[1].query(9) must be finite, got NaN";
    expect(() => relativePosition(mapping, 9, 0)).toThrow(RangeError(`relativePosition: ${message}`));
    expect(() => relativePositions(mapping, 20)).toThrow(/^relativePositions: bands\[1\]\.query\(8\) must be finite/);
    expect(() => capacityOfBands({ trainedContext: 8 }, mapping.bands)).toThrow(
      /^capacityOfBands: bands\[1\]\.query\(8\)/,
    );
    const text = wrong(
      (i) => i,
      () => "3" as never,
    );
    expect(() => relativePosition(text, 9, 0)).toThrow(
      TypeError('relativePosition: bands[1].key(0) must be a number, got "3"'),
    );
    expect(() => capacity(mapping, 64)).toThrow(RangeError("capacity: mapping.capacity(64) must be >= 0, got NaN"));
  });

  it("what is no mapping, no band, no function", () => {
    expect(() => relativePosition({ positions: 3 } as never, 1, 0)).toThrow(
      TypeError("relativePosition: mapping.bands must be an array, got nothing"),
    );
    expect(() => capacity("plain" as never, 64)).toThrow(
      TypeError("capacity: mapping.capacity must be a function, got nothing"),
    );
    expect(() => nearBand(0)).toThrow(RangeError("nearBand: window must be an integer >= 1, got 0"));
    expect(() => nearAndFar(4, 3 as never, (j) => j)).toThrow(TypeError("nearAndFar: query must be a function, got 3"));
    expect(() => capacityOfBands({ trained_context: 8 } as never, [])).toThrow(/trainedContext is meant\?$/);
  });
});
