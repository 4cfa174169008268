/**
 * Scores of grouped queries against keys, each key-value head at once.
 *
 *   S[h] = Q[h] K[h]ᵀ
 *
 * Keys and values are [numKvHeads, keyLen, headDim]; each head's lie in one run of memory, which is fastest to read. A runtime that
 * fuses the transpose into the product reads them in place. Float16 keys and values are multiplied in float16: scores sum over
 * headDim only, weighted values over tiles of keys.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { float16Tile } from "../float16-tile.ts";
import { emitLongProduct, emitShortProduct } from "./float16.ts";

/** The last two axes exchanged. */
const transposed = (tape: Tape, x: Value): Value => {
  const rank = x.dims!.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return tape.op("Transpose", [x], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
};

/** Queries [..., rows, headDim] (already scaled) against keys [..., keyLen, headDim]: [..., rows, keyLen]. */
export const emitScores = (tape: Tape, queries: Value, keys: Value): Value =>
  keys.type === "float16"
    ? emitShortProduct(tape, queries, transposed(tape, keys))
    : tape.op("MatMul", [queries, transposed(tape, keys)]);

/** The bound c of scores; undefined if scores are not bounded. */
export type Softcap = number | undefined;

/** c tanh(S / c): scores that stay between -c and c. */
export const emitSoftcap = (tape: Tape, softcap: Softcap, scores: Value): Value => {
  if (softcap === undefined) return scores;
  const cap = tape.constant("float32", [], [softcap]);
  return tape.op("Mul", [tape.op("Tanh", [tape.op("Div", [scores, cap])]), cap]);
};

/** Probabilities [..., rows, keyLen] times values: [..., rows, headDim]. Float16 values come in whole tiles. */
export const emitWeightedValues = (tape: Tape, probabilities: Value, values: Value): Value =>
  values.type === "float16"
    ? emitLongProduct(tape, float16Tile, probabilities, values)
    : tape.op("MatMul", [probabilities, values]);
