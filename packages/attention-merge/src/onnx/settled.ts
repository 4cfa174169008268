/** The long stretch of keys that every query sees, kept in float32 or float16, or in 8 bits. */
import type { Tape, Value } from "@ropewalk/graph";
import { emitSoftmaxPart, type SoftmaxPart } from "./merge.ts";
import type { QuantizedKeysAndValues } from "./quantized.ts";
import { emitScores, emitSoftcap, emitWeightedValues, type Softcap } from "./scores.ts";

type Settled = {
  readonly queries: Value;
  /** [1]: 0, or -1e30 when the part is a stand-in. */
  readonly gate: Value;
};

/** Keys and values [numKvHeads, keyLen, headDim] in float32 or float16. */
export type DenseSettled = Settled & { readonly kind: "dense"; readonly keys: Value; readonly values: Value };

/** Keys and values in 8 bits. */
export type QuantizedSettled = Settled & QuantizedKeysAndValues & { readonly kind: "quantized" };

export type SettledPart = DenseSettled | QuantizedSettled;

/** Attention over keys in float32 or float16. */
export const emitDense = (
  tape: Tape,
  { queries, keys, values }: Omit<DenseSettled, "gate" | "kind">,
  softcap?: Softcap,
): SoftmaxPart => {
  const scores = emitSoftcap(tape, softcap, emitScores(tape, queries, keys));
  return emitSoftmaxPart(tape, scores, (probabilities) => emitWeightedValues(tape, probabilities, values));
};
