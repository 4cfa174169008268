/**
 * What can be told of attention whose keys come in two parts, from the probabilities of each:
 *
 *   w_a = sigmoid(lse_a - lse_b)      w_b = sigmoid(lse_b - lse_a)
 *
 *   maps       P = (w_a P_a, w_b P_b)                                                           [1, numKvHeads, rows, keys]
 *   entropies  H = w_a (H_a - ln w_a) + w_b (H_b - ln w_b)      H_p = -Σ_j P_pj ln P_pj         [1, numKvHeads, rows, 1]
 *
 * in nats, 0 ln 0 = 0: in a logarithm what is below the least normal float32 counts as that, so that 0 times it is 0.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { shape } from "./shape.ts";

export type Measure = {
  /** Of the probabilities of some keys, [..., rows, keys], by themselves. */
  readonly of: (tape: Tape, probabilities: Value) => Value;
  /** Of two parts together, from what it is of each and lse_a - lse_b [..., rows, 1]. */
  readonly merge: (tape: Tape, difference: Value, a: Value, b: Value) => Value;
};

/** The least normal float32. */
const least = 2 ** -126;

/** x ln x. */
const emitTimesLog = (tape: Tape, x: Value): Value =>
  tape.op("Mul", [x, tape.op("Log", [tape.op("Max", [x, tape.constant("float32", [], [least])])])]);

/** What each of the two counts, w_a and w_b. Each by its own sigmoid: 1 - w_a is 0 long before w_b is. */
const emitWeights = (tape: Tape, difference: Value): readonly [Value, Value] => [
  tape.op("Sigmoid", [difference]),
  tape.op("Sigmoid", [tape.op("Neg", [difference])]),
];

/** The probabilities themselves: keys of the first part, then those of the second. */
export const attentionMaps: Measure = {
  of: (_, probabilities) => probabilities,
  merge: (tape, difference, a, b) => {
    const [wA, wB] = emitWeights(tape, difference);
    return tape.op("Concat", [tape.op("Mul", [wA, a]), tape.op("Mul", [wB, b])], { axis: -1 });
  },
};

/** How widely each query looks: 0 where one key has it all, ln n where n keys have the same. */
export const attentionEntropies: Measure = {
  of: (tape, probabilities) => {
    const sums = tape.op("ReduceSum", [emitTimesLog(tape, probabilities), shape(tape, -1)], { keepdims: 1 });
    // Not Neg, which makes -0 of a query that attends to one key.
    return tape.op("Sub", [tape.constant("float32", [], [0]), sums]);
  },
  merge: (tape, difference, a, b) => {
    const [wA, wB] = emitWeights(tape, difference);
    const term = (weight: Value, part: Value): Value =>
      tape.op("Sub", [tape.op("Mul", [weight, part]), emitTimesLog(tape, weight)]);
    return tape.op("Add", [term(wA, a), term(wB, b)]);
  },
};
