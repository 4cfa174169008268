/**
 * Measures of attention over keys in two parts, computed from the probabilities of each part:
 *
 *   w_a = sigmoid(lse_a - lse_b)      w_b = sigmoid(lse_b - lse_a)
 *
 *   maps       P = (w_a P_a, w_b P_b)                                                           [1, numKvHeads, rows, keys]
 *   entropies  H = w_a (H_a - ln w_a) + w_b (H_b - ln w_b)      H_p = -Σ_j P_pj ln P_pj         [1, numKvHeads, rows, 1]
 *
 * Entropies are in nats, with 0 ln 0 = 0: a logarithm's argument is at least the smallest normal float32, so that 0 times the
 * logarithm is 0.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

export type Measure = {
  /** The measure of one part, from its probabilities [..., rows, keys]. */
  readonly of: (tape: Tape, probabilities: Value) => Value;
  /** The measure of both parts together, from the measure of each and lse_a - lse_b [..., rows, 1]. */
  readonly merge: (tape: Tape, difference: Value, a: Value, b: Value) => Value;
};

/** The smallest normal float32. */
const least = 2 ** -126;

/** x ln x. */
const emitTimesLog = (tape: Tape, x: Value): Value =>
  tape.op("Mul", [x, tape.op("Log", [tape.op("Max", [x, tape.constant("float32", [], [least])])])]);

/** The weights of both parts, w_a and w_b. Each has a sigmoid of its own, because 1 - w_a rounds to 0 long before w_b does. */
const emitWeights = (tape: Tape, difference: Value): readonly [Value, Value] => [
  tape.op("Sigmoid", [difference]),
  tape.op("Sigmoid", [tape.op("Neg", [difference])]),
];

/** The probabilities themselves: those of the first part's keys, then those of the second's. */
export const attentionMaps: Measure = {
  of: (_, probabilities) => probabilities,
  merge: (tape, difference, a, b) => {
    const [wA, wB] = emitWeights(tape, difference);
    return tape.op("Concat", [tape.op("Mul", [wA, a]), tape.op("Mul", [wB, b])], { axis: -1 });
  },
};

/** The entropy of each query's attention: 0 if one key has all of it, ln n if n keys share it evenly. */
export const attentionEntropies: Measure = {
  of: (tape, probabilities) => {
    const sums = tape.op("ReduceSum", [emitTimesLog(tape, probabilities), shape(tape, -1)], { keepdims: 1 });
    // Not Neg: it would give -0 for a query that attends to one key.
    return tape.op("Sub", [tape.constant("float32", [], [0]), sums]);
  },
  merge: (tape, difference, a, b) => {
    const [wA, wB] = emitWeights(tape, difference);
    const term = (weight: Value, part: Value): Value =>
      tape.op("Sub", [tape.op("Mul", [weight, part]), emitTimesLog(tape, weight)]);
    return tape.op("Add", [term(wA, a), term(wB, b)]);
  },
};
