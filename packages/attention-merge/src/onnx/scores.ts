/**
 * Scores of grouped queries against keys, each key-value head at once.
 *
 *   S[h] = Q[h] K[h]ᵀ
 *
 * Keys and values are [numKvHeads, keyLen, headDim], each head's in one run: the fastest to read. A runtime that fuses the
 * transpose into the product reads them in place.
 */
import type { Tape, Value } from "@ropewalk/graph";

/** Queries [1, numKvHeads, rows, headDim] (already scaled) against keys: [1, numKvHeads, rows, keyLen]. */
export const emitScores = (tape: Tape, queries: Value, keys: Value): Value => {
  // Chunks give theirs with a batch of one in front, caches without.
  const perm = keys.dims?.length === 4 ? [0, 1, 3, 2] : [0, 2, 1];
  return tape.op("MatMul", [queries, tape.op("Transpose", [keys], { perm })]);
};

/** Probabilities [1, numKvHeads, rows, keyLen] times values: [1, numKvHeads, rows, headDim]. */
export const emitWeightedValues = (tape: Tape, probabilities: Value, values: Value): Value =>
  tape.op("MatMul", [probabilities, values]);
