import { quantizedTile, quantizeKeys } from "@ropewalk/attention-merge";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideKeys, divisorsOf } from "../src/cache/formats/key-divisors.ts";

const [numKvHeads, keyLen, headDim] = [2, quantizedTile, 16] as const;
const dims = [numKvHeads, keyLen, headDim] as const;

/** Halves that rotate together, and four dimensions that do not rotate. */
const pairs = [...Array.from({ length: 6 }, (_, index) => [index, index + 6]), [12], [13], [14], [15]];

const random = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1;
};

const noise = (length: number, seed: number): Float32Array => {
  const next = random(seed);
  return Float32Array.from({ length }, next);
};

/** Keys whose dimensions are as large as `sizes` says; queries that are that much smaller, so that scores stay what they are. */
const scenario = (sizes: readonly number[], seed: number) => {
  const keys = noise(numKvHeads * keyLen * headDim, seed).map((x, at) => x * sizes[at % headDim]!);
  const queries = noise(numKvHeads * headDim, seed + 1).map((x, at) => x / sizes[at % headDim]!);
  return { keys: { dims, data: keys }, queries };
};

const scores = (queries: Float32Array, key: (head: number, token: number, d: number) => number): Float64Array =>
  Float64Array.from({ length: numKvHeads * keyLen }, (_, row) => {
    const [head, token] = [Math.floor(row / keyLen), row % keyLen];
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += queries[head * headDim + d]! * key(head, token, d);
    return sum;
  });

const plainly = (data: Float32Array) => (head: number, token: number, d: number) =>
  data[(head * keyLen + token) * headDim + d]!;

/** The largest error of a score by keys in 8 bits, divided before or as they are. */
const errorOf = (sizes: readonly number[], seed: number, divided: boolean): number => {
  const { keys, queries } = scenario(sizes, seed);
  const exact = scores(queries, plainly(keys.data.slice()));
  const divisors = divided ? divisorsOf(keys, pairs) : new Float32Array(numKvHeads * headDim).fill(1);
  divideKeys(keys, divisors);
  const { elements, scales } = quantizeKeys(keys);
  const got = scores(
    queries.map((x, at) => x * divisors[at]!),
    (head, token, d) => elements[head * keyLen * headDim + d * quantizedTile + token]! * scales[head * keyLen + token]!,
  );
  return Math.max(...got.map((x, at) => Math.abs(x - exact[at]!)));
};

const outliers = fc.record({
  seed: fc.integer(),
  at: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
  size: fc.constantFrom(1, 10, 100, 1000, 10_000),
});

const sizesOf = (at: readonly number[], size: number): readonly number[] =>
  Array.from({ length: headDim }, (_, d) => (d < 12 && at.includes(d % 6) ? size : 1));

describe("keys with outliers", () => {
  it("score what they scored, and none is larger than it was", () => {
    fc.assert(
      fc.property(outliers, ({ seed, at, size }) => {
        const { keys, queries } = scenario(sizesOf(at, size), seed);
        const before = keys.data.slice();
        const exact = scores(queries, plainly(before));
        const divisors = divisorsOf(keys, pairs);
        divideKeys(keys, divisors);
        expect(keys.data.every((x, index) => Math.abs(x) <= Math.abs(before[index]!))).toBe(true);
        const got = scores(
          queries.map((x, index) => x * divisors[index]!),
          plainly(keys.data),
        );
        expect(Math.max(...got.map((x, row) => Math.abs(x - exact[row]!)))).toBeLessThan(1e-4);
        // Dimensions that rotate together stay in proportion: rotating and dividing may change places.
        for (let head = 0; head < numKvHeads; head++)
          for (let pair = 0; pair < 6; pair++)
            expect(divisors[head * headDim + pair]).toBe(divisors[head * headDim + pair + 6]);
      }),
    );
  });

  it("lose as little in 8 bits as keys without, where as they are they would lose nearly all", () => {
    fc.assert(
      fc.property(outliers, ({ seed, at, size }) => {
        expect(errorOf(sizesOf(at, size), seed, true)).toBeLessThan(0.25);
      }),
    );
    expect(errorOf(sizesOf([2], 1000), 5, false)).toBeGreaterThan(0.5);
  });

  it("that are zeros are left alone", () => {
    const zeros = { dims, data: new Float32Array(numKvHeads * keyLen * headDim) };
    expect([...divisorsOf(zeros, pairs)]).toEqual(Array.from({ length: numKvHeads * headDim }, () => 1));
  });
});
