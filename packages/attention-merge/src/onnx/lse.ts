/**
 * The log-sum-exp of each row of scores, from their softmax:
 *
 *   lse = S_j - ln P_j      for any key j, because P_j = exp(S_j - lse)
 *
 * The first key will do, and saves two passes over all keys. Models give it much weight. Where a row gives it none that float32 holds, the
 * largest score and probability of each row are taken.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { emitRowMax, type SoftmaxPart } from "./merge.ts";
import { shape } from "./shape.ts";

/** The smallest weight that is taken: far above those that float32 rounds (1.2e-38). */
const least = 1e-30;

/** From the score and the probability of a key of each row: all [..., rows, 1]. */
export const emitLseOf = (tape: Tape, score: Value, probability: Value): Value =>
  tape.op("Sub", [score, tape.op("Log", [probability])]);

const emitFirst = (tape: Tape, x: Value): Value =>
  tape.op("Slice", [x, shape(tape, 0), shape(tape, 1), shape(tape, -1)]);

/** [..., rows, 1] */
export const emitLse = (tape: Tape, { scores, probabilities }: SoftmaxPart): Value => {
  const [score, probability] = [emitFirst(tape, scores), emitFirst(tape, probabilities)];
  const smallest = tape.op("ReduceMin", [probability], { keepdims: 0 });
  const enough = tape.op("Greater", [smallest, tape.constant("float32", [], [least])]);
  return tape.branch(enough, {
    whenTrue: (at) => [emitLseOf(at, score, probability)],
    whenFalse: (at) => [emitLseOf(at, emitRowMax(at, scores), emitRowMax(at, probabilities))],
  })[0]!;
};
