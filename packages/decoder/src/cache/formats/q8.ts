/**
 * Settled keys and values in 8 bits, with a scale for each token of each head, in tiles of 128 tokens:
 *
 *   k ≈ c s q      c the divisors of a head's dimensions; the queries are multiplied by c
 *   v ≈ s q
 *
 * Tokens that have not settled are in float32.
 */
import { quantizedTile, quantizeKeys, quantizeValues } from "@ropewalk/attention-merge";
import { float32 } from "./float32.ts";
import type { CacheArray, CacheFormat } from "./format.ts";
import { divideKeys, divisorsOf } from "./key-divisors.ts";

/** An array with one number for each token of each head. */
const perToken = (suffix: string): CacheArray => ({
  suffix,
  type: "float32",
  per: "token",
  shape: () => [1, quantizedTile],
});

export const q8: CacheFormat = {
  step: quantizedTile,
  counted: { as: "Blocks", tokens: quantizedTile },
  keys: [
    // The keys are divided by these numbers, which are computed from the first tile.
    { suffix: "key_divisors", type: "float32", per: "head", shape: (headDim) => [1, headDim] },
    { suffix: "keys", type: "int8", per: "token", shape: (headDim) => [headDim, quantizedTile] },
    perToken("key_scales"),
    // The amount by which a score is too large because the query's elements are made unsigned.
    perToken("key_offsets"),
  ],
  values: [
    { suffix: "values", type: "int8", per: "token", shape: (headDim) => [quantizedTile, headDim] },
    perToken("value_scales"),
  ],
  recent: float32.recent,
  settledOnly: true,
  // Few queries are multiplied as integers, many are not, so the graph needs an If. Guessed tokens count as few, so that their rows
  // equal those of single steps.
  operators: ["all"],
  forExports: true,
  fewTokens: 16,
  encode: {
    keys: (rows, { pairs, perHead }) => {
      const divisors = (perHead?.["key_divisors"] as Float32Array | undefined) ?? divisorsOf(rows, pairs);
      divideKeys(rows, divisors);
      const { elements, scales, offsets } = quantizeKeys(rows);
      return { key_divisors: divisors, keys: elements, key_scales: scales, key_offsets: offsets };
    },
    values: (rows) => {
      const { elements, scales } = quantizeValues(rows);
      return { values: elements, value_scales: scales };
    },
  },
  emit: (tape, { queries, gate, array }) => ({
    kind: "quantized",
    gate,
    queries: tape.op("Mul", [queries, array("key_divisors")]),
    keys: array("keys"),
    keyScales: array("key_scales"),
    keyOffsets: array("key_offsets"),
    values: array("values"),
    valueScales: array("value_scales"),
  }),
};
