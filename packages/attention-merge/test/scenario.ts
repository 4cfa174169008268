/** Random attention problems, in the form that the reference takes. */
import fc from "fast-check";
import type { AttentionBand, NamedTensor } from "../src/index.ts";

export type Scenario = {
  readonly numKvHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly window: number;
  /** Keys before the queries, and queries. */
  readonly start: number;
  readonly queryLen: number;
  readonly seed: number;
};

export const scenarios = (limits: { readonly start: number; readonly queryLen: number }): fc.Arbitrary<Scenario> =>
  fc.record({
    numKvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    headDim: fc.constantFrom(2, 4, 8),
    window: fc.integer({ min: 1, max: 40 }),
    start: fc.integer({ min: 0, max: limits.start }),
    queryLen: fc.integer({ min: 1, max: limits.queryLen }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  });

/** A stream of numbers in [-2, 2) from a seed; good enough to fill tensors. */
export const numbers = (seed: number): ((length: number) => Float32Array) => {
  let state = seed;
  return (length) =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 30 - 2;
    });
};

export type Problem = {
  readonly bands: readonly AttentionBand[];
  readonly values: NamedTensor<readonly ["numKvHeads", "keyLen", "headDim"]>;
};

/** Bands [0, window) and [window, ∞) whose queries and keys have nothing to do with each other: no band can stand in for another. */
export const problem = ({ numKvHeads, group, headDim, window, start, queryLen, seed }: Scenario): Problem => {
  const fill = numbers(seed);
  const keyLen = start + queryLen;
  const band = (from: number, to: number): AttentionBand => ({
    from,
    to,
    queries: { dims: [numKvHeads * group, queryLen, headDim], data: fill(numKvHeads * group * queryLen * headDim) },
    keys: { dims: [numKvHeads, keyLen, headDim], data: fill(numKvHeads * keyLen * headDim) },
  });
  return {
    bands: [band(0, window), band(window, Infinity)],
    values: { dims: [numKvHeads, keyLen, headDim], data: fill(numKvHeads * keyLen * headDim) },
  };
};
