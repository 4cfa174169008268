import {
  capacity,
  chooseSelfExtend,
  largestWindow,
  leakyReRope,
  plain,
  reRope,
  selfExtend,
  slidingWindow,
  smallestGroupSize,
} from "@ropewalk/position-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  leakyCase,
  longestByTrying,
  plainCase,
  reRopeCase,
  selfExtendCase,
  slidingCase,
  type Case,
} from "./definitions.ts";

const expectExact = ({ mapping, definition }: Case, L: number, limit: number): void => {
  const message = `${mapping.name} trained on ${L}`;
  expect(capacity(mapping, L), message).toBe(longestByTrying(definition, L, limit));
  expect(mapping.capacity(L), message).toBe(capacity(mapping, L));
};

/** Every window that a model trained on L tokens allows. */
const windows = (L: number): number[] => Array.from({ length: L }, (_, n) => n + 1);

describe("capacity is the longest input that fits, by trying every one", () => {
  it("plain", () => {
    for (let L = 1; L <= 40; L++) expectExact(plainCase(), L, 60);
  });

  it("selfExtend, also where groupSize does not divide the window", () => {
    for (let L = 1; L <= 11; L++) {
      for (const W of windows(L)) {
        for (let G = 1; G <= 13; G++) expectExact(selfExtendCase(G, W), L, 11 * 13 + 1);
      }
    }
  });

  it("selfExtend, larger", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), fc.integer({ min: 1, max: 6 }), (L, n, G) => {
        expectExact(selfExtendCase(G, 1 + (n % L)), L, 60 * 6 + 1);
      }),
      { numRuns: 60 },
    );
  });

  it("selfExtend with the window of the whole trained context: that context, not below", () => {
    // G (L - W + floor(W/G)) alone gives 9 here.
    expect(capacity(selfExtend({ groupSize: 3, window: 10 }), 10)).toBe(10);
  });

  it("reRope: without limit below the trained context, that context at it", () => {
    for (let L = 1; L <= 12; L++) for (const W of windows(L)) expectExact(reRopeCase(W), L, 60);
    expect(capacity(reRope({ window: 9 }), 10)).toBe(Infinity);
    expect(capacity(reRope({ window: 10 }), 10)).toBe(10);
  });

  it("leakyReRope, whole and fractional factors", () => {
    for (let L = 1; L <= 10; L++) {
      for (const W of windows(L)) {
        for (const s of [1, 1.25, 1.5, 2, 2.5, 3, 4.75, 7]) expectExact(leakyCase(s, W), L, 90);
      }
    }
  });

  it("slidingWindow: without limit", () => {
    for (let L = 1; L <= 12; L++) for (const W of windows(L)) expectExact(slidingCase(W), L, 60);
    expect(capacity(slidingWindow({ window: 10 }), 10)).toBe(Infinity);
  });
});

describe("smallestGroupSize and largestWindow", () => {
  const holds = (groupSize: number, window: number, L: number, N: number): boolean =>
    longestByTrying(selfExtendCase(groupSize, window).definition, L, N) === Infinity;

  it("give the first group size and the last window that hold the length", () => {
    for (let L = 1; L <= 7; L++) {
      for (let N = 1; N <= 18; N++) {
        for (const window of windows(L)) {
          const all = Array.from({ length: 40 }, (_, n) => n + 1);
          expect(smallestGroupSize({ window, trainedContext: L, length: N })).toBe(
            all.find((groupSize) => holds(groupSize, window, L, N)),
          );
        }
        for (let groupSize = 1; groupSize <= 9; groupSize++) {
          expect(largestWindow({ groupSize, trainedContext: L, length: N })).toBe(
            windows(L).findLast((window) => holds(groupSize, window, L, N)),
          );
        }
      }
    }
  });

  it("find none for a window above the trained context, or when nothing is left to group", () => {
    expect(smallestGroupSize({ window: 9, trainedContext: 8, length: 4 })).toBeUndefined();
    expect(smallestGroupSize({ window: 8, trainedContext: 8, length: 9 })).toBeUndefined();
    expect(smallestGroupSize({ window: 8, trainedContext: 8, length: 8 })).toBe(1);
    expect(largestWindow({ groupSize: 2, trainedContext: 8, length: 17 })).toBeUndefined();
  });
});

describe("chooseSelfExtend", () => {
  it("gives plain RoPE within the trained context", () => {
    expect(chooseSelfExtend({ trainedContext: 128, length: 128 })).toEqual({
      groupSize: 1,
      window: 128,
    });
    expect(chooseSelfExtend({ trainedContext: 1, length: 1 })).toEqual({ groupSize: 1, window: 1 });
    expect(chooseSelfExtend({ trainedContext: 128, length: 5, window: 128 })).toEqual({
      groupSize: 1,
      window: 128,
    });
  });

  it("takes a quarter of the trained context as window, and two thirds as reach", () => {
    expect(chooseSelfExtend({ trainedContext: 4096, length: 16384 })).toEqual({
      groupSize: 10,
      window: 1024,
    });
    expect(chooseSelfExtend({ trainedContext: 130, length: 1024 }).window).toBe(32);
    expect(chooseSelfExtend({ trainedContext: 3, length: 5 })).toEqual({ groupSize: 5, window: 1 });
  });

  it("gives the smallest groupSize that keeps to the rule and holds the length", () => {
    fc.assert(
      fc.property(
        // Multiples of 8, so that reach * trainedContext is exact.
        fc.integer({ min: 1, max: 40 }).map((n) => 8 * n),
        fc.constantFrom(1 / 2, 3 / 4, 7 / 8, 1),
        fc.nat(),
        fc.integer({ min: 1, max: 3000 }),
        (trainedContext, reach, n, beyond) => {
          const window = 1 + (n % (reach * trainedContext - 1));
          const length = trainedContext + beyond;
          const fits = (groupSize: number): boolean =>
            length - window < groupSize * (reach * trainedContext - window) &&
            capacity(selfExtend({ groupSize, window }), trainedContext) >= length;
          let groupSize = 1;
          while (!fits(groupSize)) groupSize++;
          expect(chooseSelfExtend({ trainedContext, length, window, reach })).toEqual({
            groupSize,
            window,
          });
        },
      ),
    );
  });
});

describe("remedy", () => {
  it("names the parameters that would fit", () => {
    expect(selfExtend({ groupSize: 16, window: 64 }).remedy(128, 1600)).toBe(
      "groupSize 25 with window 64 or groupSize 16 with window 29 would fit",
    );
    expect(leakyReRope({ factor: 4, window: 64 }).remedy(128, 400)).toBe(
      "factor 6 with window 64 or factor 4 with window 36 would fit",
    );
    expect(reRope({ window: 128 }).remedy(128, 400)).toBe("window 127 or less would fit");
    expect(slidingWindow({ window: 200 }).remedy(128, 400)).toBe("window 128 or less would fit");
    expect(plain().remedy(128, 400)).toBe("in SelfExtend, groupSize 4 with window 32 would fit");
  });

  it("takes the default window when neither parameter can be kept", () => {
    expect(selfExtend({ groupSize: 2, window: 128 }).remedy(128, 400)).toBe("groupSize 4 with window 32 would fit");
    expect(leakyReRope({ factor: 2, window: 300 }).remedy(128, 400)).toBe("factor 4 with window 32 would fit");
  });

  it("says so when nothing would fit", () => {
    expect(selfExtend({ groupSize: 2, window: 1 }).remedy(1, 2)).toBe("nothing would fit");
    expect(reRope({ window: 1 }).remedy(1, 2)).toBe("nothing would fit");
  });

  it("names only parameters that do fit", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 500 }), (value, window, L, length) => {
        const methods = [
          ["groupSize", (groupSize: number, w: number) => selfExtend({ groupSize, window: w })],
          ["factor", (factor: number, w: number) => leakyReRope({ factor, window: w })],
        ] as const;
        for (const [name, mappingOf] of methods) {
          const text = mappingOf(value, window).remedy(L, length);
          const named = [...text.matchAll(/(\w+) (\d+) with window (\d+)/g)];
          expect(named.length > 0).toBe(text !== "nothing would fit");
          for (const [, parameter, fittingValue, fittingWindow] of named) {
            expect(parameter).toBe(name);
            const fitting = mappingOf(Number(fittingValue), Number(fittingWindow));
            expect(capacity(fitting, L)).toBeGreaterThanOrEqual(length);
          }
        }
      }),
    );
  });
});
