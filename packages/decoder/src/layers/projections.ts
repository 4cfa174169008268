/**
 * Queries, keys and values head by head:
 *
 *   [Q K V] = x [Wq; Wk; Wv]ᵀ + [bq bk bv]          one product where the matrices can be joined, three where they can't
 *   rows [batchSize * seqLen, heads * headDim]  ->  [batchSize, heads, seqLen, headDim]
 *
 * One product of few rows reads as many bytes as three, in fewer nodes and with one start of the threads.
 */
import type { Value } from "@ropewalk/graph";
import type { Builder, Projected } from "../decoder.ts";
import { linear, type Named } from "./layer-parts.ts";

/** The heads of one layer. */
export type Heads = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

/** Rows [batchSize * seqLen, heads * headDim] to [batchSize, heads, seqLen, headDim]. */
const byHead = ({ tape, batchSize }: Builder, rows: Value, heads: number, headDim: number): Value => {
  const apart = tape.op("Reshape", [rows, tape.constant("int64", [4], [batchSize, -1, heads, headDim])]);
  return tape.op("Transpose", [apart], { perm: [0, 2, 1, 3] });
};

/** Queries, keys and values from rows of each. */
export const headsOfRows = (
  builder: Builder,
  { numHeads, numKvHeads, headDim }: Heads,
  rows: Projected,
): Projected => ({
  query: byHead(builder, rows.query, numHeads, headDim),
  key: byHead(builder, rows.key, numKvHeads, headDim),
  value: byHead(builder, rows.value, numKvHeads, headDim),
});

/** Queries, keys and values from rows that hold all three side by side, [rows, (numHeads + 2 * numKvHeads) * headDim]. */
export const headsOfJoined = (builder: Builder, { numHeads, numKvHeads, headDim }: Heads, joined: Value): Projected => {
  const { tape } = builder;
  const all = byHead(builder, joined, numHeads + 2 * numKvHeads, headDim);
  const sizes = tape.constant("int64", [3], [numHeads, numKvHeads, numKvHeads]);
  const [query, key, value] = tape.ops("Split", 3, [all, sizes], { axis: 1 });
  return { query: query!, key: key!, value: value! };
};

/** The three projections of x [rows, in]. */
export const projectHeads = (
  builder: Builder,
  config: Heads & { readonly query: Named; readonly key: Named; readonly value: Named },
  x: Value,
): Projected => {
  const { tape, weights } = builder;
  const { query, key, value } = config;
  const all = [query, key, value];
  const biases = all.flatMap(({ bias }) => (bias === undefined ? [] : [bias]));
  const joined =
    biases.length === 0 || biases.length === all.length
      ? weights.joinedProduct(
          tape,
          all.map(({ weight }) => weight),
          x,
        )
      : undefined;
  if (joined === undefined) {
    const rows = (named: Named): Value => linear(builder, named, x);
    return headsOfRows(builder, config, { query: rows(query), key: rows(key), value: rows(value) });
  }
  if (biases.length === 0) return headsOfJoined(builder, config, joined);
  const bias = tape.op(
    "Concat",
    biases.map((name) => weights.tensor(tape, name)),
    { axis: 0 },
  );
  return headsOfJoined(builder, config, tape.op("Add", [joined, bias]));
};
