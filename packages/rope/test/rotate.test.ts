import { ropeFrequencies, rotate, rotationTable } from "@ropewalk/rope";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everyScaling, layouts, noise, rotations, tensor, type Heads } from "./samples.ts";

const frequencies = (rotaryDim: number) => ropeFrequencies({ rotaryDim, theta: 10_000, scaling: everyScaling.default });

/** The first head's vector of one token, rotated for a position. */
const turned = (
  { layout, rotaryDim }: { readonly layout: "halves" | "interleaved"; readonly rotaryDim: number },
  x: Float32Array,
  position: number,
): Float32Array =>
  rotate(
    { layout, rotaryDim },
    { dims: [1, 1, 1, x.length], data: x },
    rotationTable(frequencies(rotaryDim), [position]),
  ).data;

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe("rotationTable", () => {
  it("forms angles in float64, whole positions or not", () => {
    const f = frequencies(8);
    const positions = [0, 1, 0.5, 1_000_000.25, -3];
    const { cos, sin } = rotationTable(f, positions);
    const angles = positions.flatMap((position) => [1, 0.1, 0.01, 0.001].map((slow) => position * slow));
    expect(largestDifference(cos, angles.map(Math.cos))).toBeLessThan(1e-7);
    expect(largestDifference(sin, angles.map(Math.sin))).toBeLessThan(1e-7);
    expect([...cos.subarray(0, 4), ...sin.subarray(0, 4)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it("multiplies both by the attention scale", () => {
    const plain = frequencies(8);
    const scaled = { ...plain, attentionScale: 2 };
    const [a, b] = [rotationTable(plain, [3, 7]), rotationTable(scaled, [3, 7])];
    expect([...b.cos]).toEqual(Array.from(a.cos, (value) => 2 * value));
    expect([...b.sin]).toEqual(Array.from(a.sin, (value) => 2 * value));
  });

  it("writes to out, and takes typed arrays and no position at all", () => {
    const out = { cos: new Float32Array(8), sin: new Float32Array(8) };
    expect(rotationTable(frequencies(8), Int32Array.of(4, 9), out)).toBe(out);
    expect(out).toEqual(rotationTable(frequencies(8), [4, 9]));
    expect(rotationTable(frequencies(8), [])).toEqual({
      cos: new Float32Array(),
      sin: new Float32Array(),
    });
  });
});

describe("rotate", () => {
  it("rotates q[5] of the reference attention to position 5", () => {
    const q = Float32Array.from({ length: 4 }, (_, c) => Math.sin(1 + 0.7 * 5 + 0.3 * c));
    const got = turned({ layout: "halves", rotaryDim: 4 }, q, 5);
    expect(largestDifference(got, [-1.165075, -0.956298, 0.674759, -0.821586])).toBeLessThan(1e-6);
  });

  it("pairs a dimension with its neighbour or with the one half the width away, and turns counter-clockwise", () => {
    const quarter = { cos: Float32Array.of(0, 1), sin: Float32Array.of(1, 0) };
    const x: Heads = tensor([1, 1, 1, 5], [1, 2, 3, 4, 5]);
    expect([...rotate({ layout: "halves", rotaryDim: 4 }, x, quarter).data]).toEqual([-3, 2, 1, 4, 5]);
    expect([...rotate({ layout: "interleaved", rotaryDim: 4 }, x, quarter).data]).toEqual([-2, 1, 3, 4, 5]);
  });

  it("keeps length, times the attention scale, and the dimensions beyond rotaryDim", () => {
    fc.assert(
      fc.property(rotations, fc.double({ min: 0.5, max: 2, noNaN: true }), (shape, attentionScale) => {
        const { layout, batch, numHeads, seqLen, headDim, rotaryDim, seed } = shape;
        const x = tensor([batch, numHeads, seqLen, headDim], noise(batch * numHeads * seqLen * headDim, seed));
        const positions = Array.from({ length: seqLen }, (_, i) => 31 * i + seed);
        const table = rotationTable({ ...frequencies(rotaryDim), attentionScale }, positions);
        const got = rotate({ layout, rotaryDim }, x, table);
        expect(got.dims).toEqual(x.dims);
        for (let row = 0; row < x.data.length; row += headDim) {
          const [before, after] = [x, got].map(({ data }) => data.subarray(row, row + rotaryDim));
          const ratio = Math.hypot(...after!) / Math.hypot(...before!);
          expect(ratio / attentionScale).toBeCloseTo(1, 5);
          const rest = (data: Float32Array) => [...data.subarray(row + rotaryDim, row + headDim)];
          expect(rest(got.data)).toEqual(rest(x.data));
        }
      }),
    );
  });

  it("makes a score depend on the difference of positions alone", () => {
    const positions = fc.integer({ min: 0, max: 4000 });
    fc.assert(
      fc.property(rotations, positions, positions, positions, (shape, m, n, shift) => {
        const q = noise(shape.headDim, shape.seed);
        const k = noise(shape.headDim, shape.seed + 1);
        const score = (i: number, j: number) => dot(turned(shape, q, i), turned(shape, k, j));
        expect(score(m + shift, n + shift)).toBeCloseTo(score(m, n), 4);
        expect(score(m, n)).toBeCloseTo(dot(turned(shape, q, m - n), k), 4);
      }),
    );
  });

  it("adds positions up: 100 + i and then -67 is 33 + i", () => {
    fc.assert(
      fc.property(rotations, fc.nat(1000), (shape, i) => {
        const x = noise(shape.headDim, shape.seed);
        const twice = turned(shape, turned(shape, x, 100 + i), -67);
        expect(largestDifference(twice, turned(shape, x, 33 + i))).toBeLessThan(1e-6);
      }),
    );
  });

  it("has two layouts that are permutations of each other", () => {
    fc.assert(
      fc.property(rotations, fc.nat(1000), ({ headDim, rotaryDim, seed }, position) => {
        // Dimension d of "interleaved" is dimension half(d) of "halves".
        const half = (d: number) => (d < rotaryDim ? Math.floor(d / 2) + (d % 2) * (rotaryDim / 2) : d);
        const interleaved = noise(headDim, seed);
        const halves = new Float32Array(headDim);
        interleaved.forEach((value, d) => (halves[half(d)] = value));
        const a = turned({ layout: "interleaved", rotaryDim }, interleaved, position);
        const b = turned({ layout: "halves", rotaryDim }, halves, position);
        expect([...a]).toEqual(Array.from(a, (_, d) => b[half(d)]));
      }),
    );
  });

  it("takes a table for all of the batch or a row for every token of it", () => {
    fc.assert(
      fc.property(rotations, (shape) => {
        const { layout, batch, numHeads, seqLen, headDim, rotaryDim, seed } = shape;
        const x = tensor([batch, numHeads, seqLen, headDim], noise(batch * numHeads * seqLen * headDim, seed));
        const positions = Array.from({ length: batch * seqLen }, (_, i) => 17 * i + seed);
        const got = rotate({ layout, rotaryDim }, x, rotationTable(frequencies(rotaryDim), positions)).data;
        const itemSize = numHeads * seqLen * headDim;
        for (let item = 0; item < batch; item++) {
          const own = positions.slice(item * seqLen, (item + 1) * seqLen);
          const shared = rotate({ layout, rotaryDim }, x, rotationTable(frequencies(rotaryDim), own)).data;
          const part = (data: Float32Array) => [...data.subarray(item * itemSize, (item + 1) * itemSize)];
          expect(part(got)).toEqual(part(shared));
        }
      }),
    );
  });

  it.each(layouts)("writes to out, which may be x itself: %s", (layout) => {
    const config = { layout, rotaryDim: 6 };
    const table = rotationTable(frequencies(6), [3, 8]);
    const x = tensor([2, 3, 2, 7], noise(84, 5));
    const before = [...x.data];
    const wanted = rotate(config, x, table);
    expect([...x.data]).toEqual(before);
    const out = tensor([2, 3, 2, 7], new Float32Array(84));
    expect(rotate(config, x, table, out)).toBe(out);
    expect(out).toEqual(wanted);
    expect(rotate(config, x, table, x)).toBe(x);
    expect(x).toEqual(wanted);
  });

  it("rotates nothing when there is nothing", () => {
    const table = rotationTable(frequencies(4), []);
    expect(rotate({ layout: "halves", rotaryDim: 4 }, tensor([1, 2, 0, 4], []), table).data).toHaveLength(0);
  });
});
