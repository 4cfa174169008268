/** A layer's attention for a random scenario as a graph: settled keys, a tail, a ring of two bands, and the chunk's own. */
import { float32, int64, type Tensor } from "@ropewalk/backend";
import { encode, tape, type Tape, type Value } from "@ropewalk/graph";
import {
  emitGroupQueries,
  emitRepeatPerGroup,
  type AttentionParts,
  type HeadCounts,
  type RecentPart,
  type SettledPart,
} from "../src/onnx.ts";
import { problem, type Scenario } from "./scenario.ts";

const closed = -1e30;

/** Records what it gives of the parts as outputs. */
export type Emit = (tape: Tape, parts: AttentionParts, heads: HeadCounts) => void;

/** [numKvHeads, keyLen, headDim] rows from..to; at least one row. */
const stretch = (
  x: { readonly dims: readonly [number, number, number]; readonly data: Float32Array },
  from: number,
  to: number,
): Tensor => {
  const [heads, keyLen, headDim] = x.dims;
  const length = Math.max(1, to - from);
  const data = new Float32Array(heads * length * headDim);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < to - from; row++) {
      const source = x.data.subarray(
        (head * keyLen + from + row) * headDim,
        (head * keyLen + from + row + 1) * headDim,
      );
      data.set(source, (head * length + row) * headDim);
    }
  return float32([heads, length, headDim], data);
};

const mask = (rows: number, columns: number, open: (row: number, column: number) => boolean): Tensor => {
  const width = Math.max(1, columns);
  const data = new Float32Array(rows * width).fill(closed);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) if (open(row, column)) data[row * width + column] = 0;
  return float32([rows, width], data);
};

/** Records the whole of a layer's attention for one scenario, with everything as inputs, and what to feed it. */
export const recorded = (
  emit: Emit,
  scenario: Scenario,
): { readonly model: Uint8Array; readonly feeds: Record<string, Tensor> } => {
  const { numKvHeads, group, headDim, window, start, queryLen } = scenario;
  const { bands, values } = problem(scenario);
  const [near, far] = bands as [(typeof bands)[number], (typeof bands)[number]];
  const heads = { numHeads: numKvHeads * group, numKvHeads, headDim };
  const farEnd = Math.max(0, start - window + 1);
  const bandEnd = Math.max(farEnd, Math.min(start, start + queryLen - window));
  const settledEnd = farEnd >> 1;
  const feeds: Record<string, Tensor> = {};
  const graph: Tape = tape();
  const feed = (name: string, tensor: Tensor): Value => {
    feeds[name] = tensor;
    return graph.input(name, tensor.type as "float32", tensor.dims);
  };
  const gate = (name: string, length: number): Value =>
    feed(name, float32([1], Float32Array.of(length > 0 ? 0 : closed)));
  const tiled = (name: string, tensor: Tensor): Value => emitRepeatPerGroup(graph, heads, feed(name, tensor));
  // Queries arrive row by row, [queryLen, numHeads * headDim], and already scaled.
  const queries = (name: string, band: typeof near): Value => {
    const data = new Float32Array(band.queries.data.length);
    for (let head = 0; head < heads.numHeads; head++)
      for (let row = 0; row < queryLen; row++)
        for (let d = 0; d < headDim; d++)
          data[(row * heads.numHeads + head) * headDim + d] =
            band.queries.data[(head * queryLen + row) * headDim + d]! / Math.sqrt(headDim);
    return emitGroupQueries(graph, heads, feed(name, float32([queryLen, heads.numHeads * headDim], data)));
  };
  const nearQueries = queries("near", near);
  const farQueries = queries("far", far);
  const part = (name: string, of: typeof near, at: Value, from: number, to: number) => ({
    queries: at,
    keys: feed(`${name}.keys`, stretch(of.keys, from, to)),
    values: feed(`${name}.values`, stretch(values, from, to)),
  });
  const inOneBand = ({ values: v, ...band }: ReturnType<typeof part>, seen: Value): RecentPart => ({
    bands: [{ ...band, mask: seen }],
    values: v,
  });
  /** A mask of the keys from..to, open at distances that `open` holds for. */
  const maskOf = (name: string, [from, to]: readonly [number, number], open: (distance: number) => boolean): Value =>
    tiled(
      name,
      mask(queryLen, to - from, (row, column) => open(start + row - (from + column))),
    );
  const keysOf = (name: string, of: typeof near, [from, to]: readonly [number, number]): Value =>
    feed(name, stretch(of.keys, from, to));
  const ring = [farEnd, start] as const;
  // Where no key is far from any query, one zero key stands for all of them.
  const farRing = bandEnd > farEnd ? ring : ([farEnd, farEnd] as const);
  const recent: readonly RecentPart[] = [
    inOneBand(
      part("tail", far, farQueries, settledEnd, farEnd),
      maskOf("tail.mask", [settledEnd, farEnd], () => true),
    ),
    {
      bands: [
        {
          queries: nearQueries,
          keys: keysOf("ring.near", near, ring),
          mask: maskOf("ring.near.mask", ring, (distance) => distance < window),
        },
        {
          queries: farQueries,
          keys: keysOf("ring.far", far, farRing),
          mask: maskOf("ring.far.mask", ring, (distance) => distance >= window),
        },
      ],
      values: feed("ring.values", stretch(values, ...ring)),
    },
    inOneBand(
      part("own", near, nearQueries, start, start + queryLen),
      maskOf("own.mask", [start, start + queryLen], (distance) => distance >= 0),
    ),
  ];
  const lengths = feed(
    "lengths",
    int64([3], [Math.max(1, farEnd - settledEnd), Math.max(1, start - farEnd), queryLen]),
  );
  const settled: SettledPart = {
    kind: "dense",
    ...part("settled", far, farQueries, 0, settledEnd),
    gate: gate("settled.gate", settledEnd),
  };
  emit(graph, { settled, recent, lengths }, heads);
  return { model: encode(graph.model()), feeds };
};
