/**
 * Scores of grouped queries against keys, each key-value head at once.
 *
 *   S[h] = Q[h] K[h]ᵀ
 *
 * Keys and values are [numKvHeads, keyLen, headDim], each head's in one run: the fastest to read. A runtime that fuses the
 * transpose into the product reads them in place.
 */
import type { Tape, Value } from "@ropewalk/graph";

/** The last two axes exchanged. */
const transposed = (tape: Tape, x: Value): Value => {
  const rank = x.dims!.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return tape.op("Transpose", [x], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
};

/** Queries [..., rows, headDim] (already scaled) against keys [..., keyLen, headDim]: [..., rows, keyLen]. */
export const emitScores = (tape: Tape, queries: Value, keys: Value): Value =>
  tape.op("MatMul", [queries, transposed(tape, keys)]);

/** Probabilities [..., rows, keyLen] times values: [..., rows, headDim]. */
export const emitWeightedValues = (tape: Tape, probabilities: Value, values: Value): Value =>
  tape.op("MatMul", [probabilities, values]);
