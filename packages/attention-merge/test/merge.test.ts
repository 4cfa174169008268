import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandedAttention, mergeAttention, type PartialAttention } from "../src/index.ts";
import { problem, scenarios } from "./scenario.ts";

const partial = (out: readonly number[], lse: number): PartialAttention => ({
  out: { dims: [1, 1, out.length], data: Float32Array.from(out) },
  lse: { dims: [1, 1], data: Float32Array.of(lse) },
});

describe("mergeAttention", () => {
  it("is one softmax over all keys, however the distances are split", () => {
    fc.assert(
      fc.property(
        scenarios({ start: 60, queryLen: 12 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
        (scenario, cuts) => {
          const { bands, values } = problem(scenario);
          const config = { queryStart: scenario.start };
          const whole = bandedAttention(config, bands, values);
          const edges = [0, ...new Set(cuts.toSorted((a, b) => a - b)), Infinity];
          const parts = edges.slice(1).map((to, index) => {
            const within = bands.map((band) => ({
              ...band,
              from: Math.max(band.from, edges[index]!),
              to: Math.min(band.to, to),
            }));
            return bandedAttention(config, within, values);
          });
          const merged = mergeAttention(parts);
          expect(largestDifference(merged.out.data, whole.out.data)).toBeLessThan(1e-5);
          expect(largestDifference(merged.lse.data, whole.lse.data)).toBeLessThan(1e-5);
        },
      ),
    );
  });

  it("weighs two parts by the sigmoid of the difference of their log-sum-exps", () => {
    const { out, lse } = mergeAttention([partial([1, 0], 2), partial([0, 1], 1)]);
    const weight = 1 / (1 + Math.exp(-1));
    expect(Array.from(out.data)).toEqual([Math.fround(weight), Math.fround(1 - weight)]);
    expect(lse.data[0]).toBeCloseTo(Math.log(Math.exp(2) + Math.exp(1)), 6);
  });

  it("leaves out parts that saw no key, and gives 0 where none did", () => {
    const unseen = partial([0, 0], -Infinity);
    expect(mergeAttention([unseen, partial([3, 4], -700)]).out.data).toEqual(Float32Array.of(3, 4));
    const nothing = mergeAttention([unseen, unseen]);
    expect(nothing.out.data).toEqual(Float32Array.of(0, 0));
    expect(nothing.lse.data[0]).toBe(-Infinity);
  });

  it("does not overflow", () => {
    expect(mergeAttention([partial([1], 1e4), partial([5], 1e4)]).out.data[0]).toBe(3);
  });

  it("refuses what does not fit, naming both shapes", () => {
    expect(() => mergeAttention([])).toThrow("mergeAttention: parts must hold at least 1, got 0");
    expect(() => mergeAttention([partial([1, 2], 0), partial([1], 0)])).toThrow(
      "mergeAttention: out must be [1,1,2], got [1,1,1]",
    );
  });
});

describe("bandedAttention", () => {
  it("with one band is softmax attention, row by row", () => {
    const queries = { dims: [1, 2, 1] as const, data: Float32Array.of(0, Math.LN2) };
    const keys = { dims: [1, 2, 1] as const, data: Float32Array.of(0, 1) };
    const values = { dims: [1, 2, 1] as const, data: Float32Array.of(3, 6) };
    const { out, lse } = bandedAttention({ scale: 1 }, [{ from: 0, to: Infinity, queries, keys }], values);
    expect(Array.from(out.data)).toEqual([3, 5]);
    expect(lse.data[1]).toBeCloseTo(Math.log(3), 6);
  });

  it("ends at a window where only one band is given", () => {
    const x = { dims: [1, 4, 1] as const, data: new Float32Array(4) };
    const values = { dims: [1, 4, 1] as const, data: Float32Array.of(1, 2, 4, 8) };
    const { out } = bandedAttention({}, [{ from: 0, to: 2, queries: x, keys: x }], values);
    expect(Array.from(out.data)).toEqual([1, 1.5, 3, 6]);
  });

  it("shares key-value heads among groups of heads", () => {
    fc.assert(
      fc.property(scenarios({ start: 20, queryLen: 5 }), (scenario) => {
        const { bands, values } = problem(scenario);
        const repeat = (x: (typeof bands)[number]["keys"]) => {
          const [heads, keyLen, headDim] = x.dims;
          const size = keyLen * headDim;
          const data = new Float32Array(heads * scenario.group * size);
          for (let head = 0; head < heads * scenario.group; head++) {
            const shared = Math.floor(head / scenario.group);
            data.set(x.data.subarray(shared * size, (shared + 1) * size), head * size);
          }
          return { dims: [heads * scenario.group, keyLen, headDim] as const, data };
        };
        const config = { queryStart: scenario.start };
        const grouped = bandedAttention(config, bands, values);
        const expanded = bandedAttention(
          config,
          bands.map((band) => ({ ...band, keys: repeat(band.keys) })),
          repeat(values),
        );
        expect(grouped.out.data).toEqual(expanded.out.data);
      }),
    );
  });

  it("refuses what does not fit", () => {
    const x = { dims: [3, 1, 2] as const, data: new Float32Array(6) };
    const two = { dims: [2, 1, 2] as const, data: new Float32Array(4) };
    expect(() => bandedAttention({}, [], two)).toThrow("bandedAttention: bands must hold at least 1, got 0");
    expect(() => bandedAttention({}, [{ from: 0, to: 1, queries: x, keys: two }], two)).toThrow(
      "bandedAttention: numKvHeads must divide numHeads, got 2 and 3",
    );
    const short = { dims: [3, 1, 2] as const, data: new Float32Array(5) };
    expect(() => bandedAttention({}, [{ from: 0, to: 1, queries: x, keys: short }], x)).toThrow(
      "bandedAttention: keys of [3,1,2] must hold 6 elements, got 5",
    );
    const band = { from: 0, to: 4, queries: x, keys: x };
    expect(() => bandedAttention({}, [band, { ...band, from: 3, to: 9 }], x)).toThrow(
      "bandedAttention: bands must not overlap, got [0, 4) and one from 3",
    );
    expect(() => bandedAttention({}, [{ from: 0, to: 1, queries: x, keys: two }], x)).toThrow(
      "bandedAttention: keys must be [3,1,2], got [2,1,2]",
    );
  });

  it("gives its probabilities: rows that sum to 1 and make the output", () => {
    fc.assert(
      fc.property(scenarios({ start: 20, queryLen: 6 }), (scenario) => {
        const { bands, values } = problem(scenario);
        const config = { queryStart: scenario.start };
        const plain = bandedAttention(config, bands, values);
        expect("probabilities" in plain).toBe(false);
        const { probabilities, ...same } = bandedAttention({ ...config, probabilities: true }, bands, values);
        expect(same).toEqual(plain);
        const [numHeads, queryLen, keyLen] = probabilities!.dims;
        const [numKvHeads, , headDim] = values.dims;
        for (let row = 0; row < numHeads * queryLen; row++) {
          const shares = probabilities!.data.subarray(row * keyLen, (row + 1) * keyLen);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
          const kvHead = Math.floor((Math.floor(row / queryLen) * numKvHeads) / numHeads);
          for (let d = 0; d < headDim; d++) {
            const out = shares.reduce((sum, p, j) => sum + p * values.data[(kvHead * keyLen + j) * headDim + d]!, 0);
            expect(out).toBeCloseTo(plain.out.data[row * headDim + d]!, 4);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("gives 0 for a query that sees no key", () => {
    const x = { dims: [1, 3, 2] as const, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const { out, lse, probabilities } = bandedAttention(
      { probabilities: true },
      [{ from: 2, to: Infinity, queries: x, keys: x }],
      x,
    );
    expect([...lse.data].slice(0, 2)).toEqual([-Infinity, -Infinity]);
    expect([...out.data]).toEqual([0, 0, 0, 0, 1, 2]);
    expect([...probabilities!.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0]);
  });

  it("refuses unknown keys, other types, and queries of which nobody says where they are", () => {
    const x = { dims: [1, 3, 2] as const, data: new Float32Array(6) };
    const band = { from: 0, to: Infinity, queries: x, keys: x };
    const attend =
      (config: object, wrong: object = {}, values: object = x) =>
      () =>
        bandedAttention(config as never, [{ ...band, ...wrong }], values as never);
    expect(attend({ query_start: 3 })).toThrow(
      /^bandedAttention: config must have no keys but .*; queryStart is meant\?$/,
    );
    expect(attend({ scale: NaN })).toThrow(RangeError("bandedAttention: scale must be finite, got NaN"));
    expect(attend({}, { window: 3 })).toThrow(
      /^bandedAttention: bands\[0\] must have no keys but from, to, queries, keys/,
    );
    expect(attend({}, { from: NaN })).toThrow(RangeError("bandedAttention: from must be >= 0, got NaN"));
    expect(attend({}, { queries: undefined })).toThrow(
      TypeError("bandedAttention: queries.dims must be an array, got nothing"),
    );
    expect(attend({}, {}, { dims: [3, 2], data: x.data })).toThrow(
      RangeError("bandedAttention: values.dims.length must be 3, got 2"),
    );
    expect(attend({}, { keys: { ...x, data: [1, 2, 3, 4, 5, 6] } })).toThrow(
      TypeError("bandedAttention: keys.data must be a Float32Array, got [1, 2, 3, 4, 5, 6]"),
    );
    const last = { dims: [1, 1, 2] as const, data: new Float32Array(2) };
    expect(attend({}, { queries: last })).toThrow(
      TypeError("bandedAttention: queryStart must be a number, got nothing"),
    );
    expect(attend({ queryStart: 2 }, { queries: last })).not.toThrow();
    expect(() => mergeAttention([undefined] as never)).toThrow(TypeError);
  });
});
