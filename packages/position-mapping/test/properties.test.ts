import {
  formatRelativePositions,
  relativePosition,
  relativePositions,
  leakyReRope,
  plain,
  reRope,
  selfExtend,
  slidingWindow,
} from "@ropewalk/position-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCase } from "./definitions.ts";

const size = fc.integer({ min: 1, max: 24 });
const numTokens = fc.integer({ min: 1, max: 60 });

describe("every mapping", () => {
  it("gives each pair what the method's definition gives", () => {
    fc.assert(
      fc.property(anyCase, numTokens, ({ mapping, definition }, tokens) => {
        relativePositions(mapping, tokens).forEach((row, i) => {
          expect(row).toHaveLength(i + 1);
          row.forEach((rel, j) => {
            const expected = definition(i - j, i, j);
            if (expected === undefined) expect(rel).toBeNull();
            else expect(rel).toBeCloseTo(expected, 9);
            expect(relativePosition(mapping, i, j) ?? null).toBe(rel);
          });
        });
      }),
    );
  });

  it("covers each attended distance by exactly one band, near to far", () => {
    fc.assert(
      fc.property(anyCase, fc.nat({ max: 100 }), ({ mapping, definition }, distance) => {
        const covering = mapping.bands.filter(({ from, to }) => distance >= from! && distance < to!);
        expect(covering).toHaveLength(definition(distance, distance, 0) === undefined ? 0 : 1);
        mapping.bands.forEach(({ from }, n) => expect(from).toBe(n === 0 ? 0 : mapping.bands[n - 1]!.to));
        expect(mapping.bands[0]!.to).toBe(mapping.window);
      }),
    );
  });

  it("never attends to a key after the query", () => {
    fc.assert(
      fc.property(anyCase, fc.nat({ max: 50 }), size, ({ mapping }, i, ahead) => {
        expect(relativePosition(mapping, i, i + ahead)).toBeUndefined();
      }),
    );
  });

  it("keeps every distance within the window", () => {
    fc.assert(
      fc.property(anyCase, fc.nat({ max: 1000 }), fc.nat({ max: 100 }), ({ mapping }, j, distance) => {
        fc.pre(distance < mapping.window);
        expect(relativePosition(mapping, j + distance, j)).toBe(distance);
      }),
    );
  });
});

describe("selfExtend", () => {
  it("is plain with groupSize 1, and with a window of all tokens", () => {
    fc.assert(
      fc.property(size, size, numTokens, (groupSize, window, tokens) => {
        const same = relativePositions(plain(), tokens);
        expect(relativePositions(selfExtend({ groupSize: 1, window }), tokens)).toEqual(same);
        expect(relativePositions(selfExtend({ groupSize, window: tokens }), tokens)).toEqual(same);
      }),
    );
  });

  it("never falls as the distance grows", () => {
    fc.assert(
      fc.property(size, size, numTokens, (groupSize, window, tokens) => {
        for (const row of relativePositions(selfExtend({ groupSize, window }), tokens)) {
          for (let j = 1; j < row.length; j++) expect(row[j - 1]).toBeGreaterThanOrEqual(row[j]!);
        }
      }),
    );
  });

  it("gives distance W the position W when G divides W", () => {
    fc.assert(
      fc.property(size, size, fc.nat({ max: 200 }), (groupSize, multiple, j) => {
        const window = groupSize * multiple;
        expect(relativePosition(selfExtend({ groupSize, window }), j + window, j)).toBe(window);
      }),
    );
  });

  it("gives two pairs the same position when both move by a multiple of groupSize", () => {
    fc.assert(
      fc.property(size, size, fc.nat(99), fc.nat(99), fc.nat(9), (groupSize, window, j, distance, groups) => {
        const mapping = selfExtend({ groupSize, window });
        const by = groups * groupSize;
        const i = j + distance;
        expect(relativePosition(mapping, i + by, j + by)).toBe(relativePosition(mapping, i, j));
      }),
    );
  });
});

describe("the other mappings", () => {
  it("leakyReRope is plain with factor 1 and comes near reRope as the factor grows", () => {
    fc.assert(
      fc.property(size, numTokens, (window, tokens) => {
        const leaky = (factor: number) => relativePositions(leakyReRope({ factor, window }), tokens).flat();
        expect(leaky(1)).toEqual(relativePositions(plain(), tokens).flat());
        const clipped = relativePositions(reRope({ window }), tokens).flat();
        leaky(1e9).forEach((rel, n) => expect(rel).toBeCloseTo(clipped[n]!, 6));
      }),
    );
  });

  it("slidingWindow attends to at most window keys, the last ones", () => {
    fc.assert(
      fc.property(size, numTokens, (window, tokens) => {
        relativePositions(slidingWindow({ window }), tokens).forEach((row, i) => {
          const attended = Math.min(window, i + 1);
          expect(row.slice(-attended)).toEqual(Array.from({ length: attended }, (_, n) => attended - 1 - n));
          expect(row.filter((rel) => rel !== null)).toHaveLength(attended);
        });
      }),
    );
  });
});

describe("formatRelativePositions", () => {
  it("aligns to the right and dots what is not attended", () => {
    const matrix = relativePositions(slidingWindow({ window: 2 }), 3);
    expect(formatRelativePositions(matrix)).toBe("0\n1 0\n. 1 0");
    expect(formatRelativePositions(relativePositions(plain(), 11)).split("\n").at(-1)).toBe(
      "10  9  8  7  6  5  4  3  2  1  0",
    );
  });

  it("rounds to two decimals", () => {
    const matrix = relativePositions(leakyReRope({ factor: 3, window: 1 }), 4);
    expect(formatRelativePositions(matrix).split("\n").at(-1)).toBe("1.67 1.33    1    0");
    expect(formatRelativePositions([])).toBe("");
  });

  it("takes a matrix of a thousand tokens", () => {
    const lines = formatRelativePositions(relativePositions(plain(), 1000)).split("\n");
    expect(lines).toHaveLength(1000);
    expect(lines.at(-1)).toHaveLength(1000 * 4 - 1);
  });
});
