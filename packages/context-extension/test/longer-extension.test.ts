import { capacity } from "@ropewalk/position-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compose,
  leakyReRope,
  logN,
  longerExtension,
  recordOf,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
} from "../src/index.ts";

describe("longerExtension", () => {
  const size = fc.integer({ min: 1, max: 60 });

  it("takes the smallest larger number that holds the length, and leaves all else", () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 400 }),
        (value, window, L, length) => {
          fc.pre(window <= L);
          for (const [name, make] of [
            ["groupSize", (each: number) => selfExtend({ groupSize: each, window })],
            ["factor", (each: number) => leakyReRope({ factor: each, window })],
          ] as const) {
            const given = compose(make(value), logN({ trainedContext: L }));
            const longer = longerExtension(given, L, length);
            const holds = (each: number): boolean => capacity(make(each).positions!, L) >= length;
            const expected = Array.from({ length: Math.max(0, length - value) }, (_, at) => value + 1 + at).find(holds);
            const found = longer?.positions?.config as Readonly<Record<string, number>> | undefined;
            expect(found?.[name]).toBe(expected);
            if (longer !== undefined)
              expect(recordOf(longer)).toEqual({
                ...recordOf(given),
                positions: { ...recordOf(given).positions, [name]: expected },
              });
          }
        },
      ),
    );
  });

  it("shifts from further on where that holds the length", () => {
    const longer = longerExtension(withPositions({ kind: "string", shiftFrom: 40, window: 20 }), 100, 160);
    expect(longer?.positions?.config).toEqual({ kind: "string", shiftFrom: 80, window: 20 });
    expect(longerExtension(withPositions({ kind: "string", shiftFrom: 40, window: 20 }), 100, 181)).toBeUndefined();
  });

  it.each([
    ["nothing", {}],
    ["a window alone", reRope({ window: 32 })],
    ["a sliding window", slidingWindow({ window: 32 })],
    ["frequencies alone", yarn({ factor: 2, originalContext: 100 })],
    [
      "custom bands",
      withPositions({
        kind: "custom",
        name: "own",
        window: 8,
        capacity: () => 100,
        remedy: () => "",
        bands: [{ from: 0, to: Infinity, query: (i: number) => i, key: (j: number) => j }],
      }),
    ],
  ])("has none of %s", (_, extension) => expect(longerExtension(extension, 100, 400)).toBeUndefined());

  it("refuses values that are not extensions or lengths", () => {
    expect(() => longerExtension(selfExtend({ groupSize: 2, window: 8 }), 0, 4)).toThrow(
      "longerExtension: trainedContext must be an integer >= 1, got 0",
    );
    expect(() => longerExtension({ kind: "x" } as never, 10, 4)).toThrow(/^longerExtension: extension must be/);
  });
});
