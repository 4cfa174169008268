import { selfExtend } from "@ropewalk/position-mapping";
import { ropeFrequencies, rotate, rotationTable } from "@ropewalk/rope";
import { describe, expect, it } from "vitest";
import { bandedAttention, type AttentionBand } from "../src/index.ts";
import golden from "./vectors/self-extend-attention.json" with { type: "json" };

const headDim = 4;

/** One head's vectors, [1, tokens, headDim]. */
type Vectors = { readonly dims: readonly [number, number, number]; readonly data: Float32Array };

const made = (length: number, at: (token: number, d: number) => number): Vectors => ({
  dims: [1, length, headDim],
  data: Float32Array.from({ length: length * headDim }, (_, index) => at(Math.floor(index / headDim), index % headDim)),
});

const rotated = (x: Vectors, position: (token: number) => number): Vectors => {
  const frequencies = ropeFrequencies({ rotaryDim: headDim, theta: 10_000, scaling: { kind: "default" } });
  const table = rotationTable(
    frequencies,
    Array.from({ length: x.dims[1] }, (_, token) => position(token)),
  );
  const { data } = rotate({ layout: "halves", rotaryDim: headDim }, { dims: [1, ...x.dims], data: x.data }, table);
  return { dims: x.dims, data };
};

describe("SelfExtend attention, against vectors computed independently in float64", () => {
  for (const [name, { out }] of Object.entries(golden)) {
    const [length, window, groupSize] = name.match(/\d+/g)!.map(Number) as [number, number, number];
    it(`${length} tokens, window ${window}, groups of ${groupSize}`, () => {
      const query = made(length, (i, c) => Math.sin(1 + 0.7 * i + 0.3 * c));
      const key = made(length, (j, c) => Math.cos(0.5 + 0.4 * j + 0.9 * c));
      const values = made(length, (j, c) => Math.sin(0.2 * j - 0.5 * c) + 0.1 * j);
      const bands = selfExtend({ groupSize, window }).bands.map((band): AttentionBand => ({
        from: band.from,
        to: band.to,
        queries: rotated(query, band.query),
        keys: rotated(key, band.key),
      }));
      const result = bandedAttention({}, bands, values);
      out.flat().forEach((expected, index) => expect(result.out.data[index]).toBeCloseTo(expected, 5));
    });
  }
});
