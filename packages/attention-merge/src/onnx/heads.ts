/**
 * Grouped-query heads without expanding keys: the queries of the heads that share a key-value head become rows of one
 * matrix.
 *
 *   [queryLen, numHeads * headDim]  ->  [numKvHeads, group * queryLen, headDim]      group = numHeads / numKvHeads
 *
 * Row g * queryLen + c of key-value head h is query c of head h * group + g. Ainslie et al., arXiv 2305.13245.
 */
import type { Tape, Value } from "@ropewalk/graph";

export type HeadCounts = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

const shape = (tape: Tape, ...dims: readonly number[]): Value => tape.constant("int64", [dims.length], dims);

/** Queries [queryLen, numHeads * headDim] to [numKvHeads, group * queryLen, headDim]. */
export const emitGroupQueries = (tape: Tape, heads: HeadCounts, queries: Value): Value => {
  const { numHeads, numKvHeads, headDim } = heads;
  const split = tape.op("Reshape", [queries, shape(tape, -1, numKvHeads, numHeads / numKvHeads, headDim)]);
  const byHead = tape.op("Transpose", [split], { perm: [1, 2, 0, 3] });
  return tape.op("Reshape", [byHead, shape(tape, numKvHeads, -1, headDim)]);
};

/** The way back: [numKvHeads, group * queryLen, headDim] to [queryLen, numHeads * headDim]. */
export const emitUngroup = (tape: Tape, heads: HeadCounts, grouped: Value): Value => {
  const { numHeads, numKvHeads, headDim } = heads;
  const byHead = tape.op("Reshape", [grouped, shape(tape, numKvHeads, numHeads / numKvHeads, -1, headDim)]);
  const byQuery = tape.op("Transpose", [byHead], { perm: [2, 0, 1, 3] });
  return tape.op("Reshape", [byQuery, shape(tape, -1, numHeads * headDim)]);
};

/** What belongs to a query (a mask row, a rotation) for every row of a group: [queryLen, n] to [group * queryLen, n]. */
export const emitTile = (tape: Tape, heads: HeadCounts, perQuery: Value): Value =>
  heads.numHeads === heads.numKvHeads
    ? perQuery
    : tape.op("Tile", [perQuery, shape(tape, heads.numHeads / heads.numKvHeads, 1)]);
