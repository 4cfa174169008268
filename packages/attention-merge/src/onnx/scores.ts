/**
 * Scores of grouped queries against keys in either of two layouts, each key-value head at once.
 *
 *   S[h] = Q[h] K[h]ᵀ
 *
 * "heads": [numKvHeads, keyLen, headDim], each head's keys in one run: the fastest to read, dear to grow.
 * "rows":  [keyLen, numKvHeads, headDim], each token's keys in one run: a new token is appended, any stretch of tokens
 *          is a view. A runtime that fuses the transpose into the product reads it in place.
 */
import type { Tape, Value } from "@ropewalk/graph";

export type Layout = "heads" | "rows";

export type Keys = { readonly layout: Layout; readonly keys: Value };

const keysTransposed = { heads: [0, 2, 1], rows: [1, 2, 0] } as const;

/** Queries [numKvHeads, rows, headDim] (already scaled) against keys: [numKvHeads, rows, keyLen]. */
export const emitScores = (tape: Tape, queries: Value, { layout, keys }: Keys): Value =>
  tape.op("MatMul", [queries, tape.op("Transpose", [keys], { perm: keysTransposed[layout] })]);

/** Probabilities [numKvHeads, rows, keyLen] times values of the same layout: [numKvHeads, rows, headDim]. */
export const emitWeightedValues = (tape: Tape, probabilities: Value, layout: Layout, values: Value): Value =>
  tape.op("MatMul", [probabilities, layout === "heads" ? values : tape.op("Transpose", [values], { perm: [1, 0, 2] })]);
