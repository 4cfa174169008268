/** SelfExtend attention of one head, whose results were computed independently in float64. */
import { selfExtend } from "@ropewalk/position-mapping";
import { ropeFrequencies, rotate, rotationTable } from "@ropewalk/rope";
import type { AttentionBand } from "../src/index.ts";
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

export type Golden = {
  readonly name: string;
  readonly length: number;
  readonly window: number;
  readonly bands: readonly AttentionBand[];
  readonly values: Vectors;
  readonly out: readonly number[];
};

export const goldenCases: readonly Golden[] = Object.entries(golden).map(([id, { out }]) => {
  const [length, window, groupSize] = id.match(/\d+/g)!.map(Number) as [number, number, number];
  const query = made(length, (i, c) => Math.sin(1 + 0.7 * i + 0.3 * c));
  const key = made(length, (j, c) => Math.cos(0.5 + 0.4 * j + 0.9 * c));
  return {
    name: `${length} tokens, window ${window}, groups of ${groupSize}`,
    length,
    window,
    out: out.flat(),
    values: made(length, (j, c) => Math.sin(0.2 * j - 0.5 * c) + 0.1 * j),
    bands: selfExtend({ groupSize, window }).bands.map((band): AttentionBand => ({
      from: band.from!,
      to: band.to!,
      queries: rotated(query, band.query),
      keys: rotated(key, band.key),
    })),
  };
});
