/**
 * Exact merge of two partial attentions in a graph.
 *
 *   lse = max(S) - ln(max(P))      w = sigmoid(lse_a - lse_b)      out = out_b + w (out_a - out_b)
 *   lse_a - lse_b = max(S_a) - max(S_b) + ln(max(P_b) / max(P_a))
 *
 * The largest score of a row has P = exp(S - lse), so the log-sum-exp comes from two maxima, without a second exponential.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

/** `out` [1, numKvHeads, rows, headDim], with the largest score and the largest probability of each row [1, numKvHeads, rows, 1]. */
export type EmittedPartial = { readonly out: Value; readonly maxScore: Value; readonly maxProbability: Value };

/** The softmax of scores [..., rows, keyLen], and its sum over the values, `out` [..., rows, headDim]. */
export type SoftmaxPart = { readonly scores: Value; readonly probabilities: Value; readonly out: Value };

/** @param weigh - the sum over the values, from the probabilities */
export const emitSoftmaxPart = (tape: Tape, scores: Value, weigh: (probabilities: Value) => Value): SoftmaxPart => {
  const probabilities = tape.op("Softmax", [scores], { axis: -1 });
  return { scores, probabilities, out: weigh(probabilities) };
};

/** The largest element of each row; the reduced axis stays, with size 1. */
export const emitRowMax = (tape: Tape, x: Value): Value => tape.op("ReduceMax", [x, shape(tape, -1)], { keepdims: 1 });

/** What a merge needs of a softmax. */
export const emitPartial = (tape: Tape, { out, scores, probabilities }: SoftmaxPart): EmittedPartial => ({
  out,
  maxScore: emitRowMax(tape, scores),
  maxProbability: emitRowMax(tape, probabilities),
});

/** lse_a - lse_b with the gate added; w is its sigmoid. */
const emitDifference = (tape: Tape, a: EmittedPartial, b: EmittedPartial, gate: Value): Value => {
  const scores = tape.op("Sub", [a.maxScore, b.maxScore]);
  const ratio = tape.op("Div", [b.maxProbability, a.maxProbability]);
  return tape.op("Add", [tape.op("Add", [scores, tape.op("Log", [ratio])]), gate]);
};

/** Two parts merged, and lse_a - lse_b of each row [1, numKvHeads, rows, 1], which gives the weight of each part. */
export const emitMerged = (
  tape: Tape,
  a: EmittedPartial,
  b: EmittedPartial,
  gate: Value,
): { readonly out: Value; readonly difference: Value } => {
  const difference = emitDifference(tape, a, b, gate);
  const weight = tape.op("Sigmoid", [difference]);
  return { out: tape.op("Add", [b.out, tape.op("Mul", [weight, tape.op("Sub", [a.out, b.out])])]), difference };
};

/**
 * Merges a into b.
 *
 * @param gate - added to a's log-sum-exp, [1]: 0 keeps it, a large negative number leaves it out
 */
export const emitMerge = (tape: Tape, a: EmittedPartial, b: EmittedPartial, gate: Value): Value =>
  emitMerged(tape, a, b, gate).out;
