/**
 * Grouped-query heads without expanding keys: the queries of the heads that share a key-value head become rows of one
 * matrix.
 *
 *   [queryLen, numHeads * headDim]  ->  [1, numKvHeads, group * queryLen, headDim]      group = numHeads / numKvHeads
 *
 * Row g * queryLen + c of key-value head h is query c of head h * group + g. Ainslie et al., arXiv 2305.13245. The leading 1 is
 * the batch axis that ONNX's operators on heads require. A group of one is recorded with one node less, because the time of a small
 * model's step depends mostly on the number of nodes.
 */
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

export type HeadCounts = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

/**
 * A chunk's keys or values [queryLen, numKvHeads * headDim], head by head: [1, numKvHeads, queryLen, headDim].
 *
 * @param options - the name of the result, if it becomes an output
 */
export const emitHeads = (tape: Tape, heads: HeadCounts, rows: Value, options?: RecordOptions): Value => {
  const split = tape.op("Reshape", [rows, shape(tape, 1, -1, heads.numKvHeads, heads.headDim)]);
  return tape.op("Transpose", [split], { perm: [0, 2, 1, 3] }, options);
};

/** Queries [queryLen, numHeads * headDim] to [1, numKvHeads, group * queryLen, headDim]. */
export const emitGroupQueries = (tape: Tape, heads: HeadCounts, queries: Value): Value => {
  const { numHeads, numKvHeads, headDim } = heads;
  const group = numHeads / numKvHeads;
  if (group === 1) return emitHeads(tape, heads, queries);
  const split = tape.op("Reshape", [queries, shape(tape, -1, numKvHeads, group, headDim)]);
  const byHead = tape.op("Transpose", [split], { perm: [1, 2, 0, 3] });
  return tape.op("Reshape", [byHead, shape(tape, 1, numKvHeads, -1, headDim)]);
};

/**
 * Queries head by head, [1, numHeads, queryLen, headDim], to [1, numKvHeads, group * queryLen, headDim]. Nothing moves: the heads of a group
 * lie next to each other.
 */
export const emitGroupHeads = (tape: Tape, { numHeads, numKvHeads, headDim }: HeadCounts, queries: Value): Value =>
  numHeads === numKvHeads ? queries : tape.op("Reshape", [queries, shape(tape, 1, numKvHeads, -1, headDim)]);

/** The way back: [1, numKvHeads, group * queryLen, headDim] to [queryLen, numHeads * headDim]. */
export const emitUngroup = (tape: Tape, heads: HeadCounts, grouped: Value): Value => {
  const { numHeads, numKvHeads, headDim } = heads;
  const group = numHeads / numKvHeads;
  const rows = shape(tape, -1, numHeads * headDim);
  if (group === 1) return tape.op("Reshape", [tape.op("Transpose", [grouped], { perm: [0, 2, 1, 3] }), rows]);
  const byHead = tape.op("Reshape", [grouped, shape(tape, numKvHeads, group, -1, headDim)]);
  return tape.op("Reshape", [tape.op("Transpose", [byHead], { perm: [2, 0, 1, 3] }), rows]);
};

/** Repeats rows that belong to queries (of a mask or a rotation) for every head of a group: [queryLen, n] to [group * queryLen, n]. */
export const emitRepeatPerGroup = (tape: Tape, heads: HeadCounts, perQuery: Value): Value =>
  heads.numHeads === heads.numKvHeads
    ? perQuery
    : tape.op("Tile", [perQuery, shape(tape, heads.numHeads / heads.numKvHeads, 1)]);
