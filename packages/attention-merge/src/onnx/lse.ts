/**
 * The log-sum-exp of each row of scores, from their softmax and few of its keys:
 *
 *   lse = max_{j<64} S_j - ln(max_{j<64} P_j)      for P = exp(S - lse)
 *
 * It holds for any keys, so that two passes over all of them are saved. Where a row gives the first keys no weight that float32 holds,
 * the maxima are those of all keys. No row of scores above a floor (`floor.ts`) does that.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { emitRowMax, type SoftmaxPart } from "./merge.ts";
import { shape } from "./shape.ts";

/** How many keys are looked at. Models give the first keys of a text much weight. */
const looked = 64;

/** The smallest weight that is taken: far above those that float32 rounds (1.2e-38). */
const least = 1e-30;

type Scored = Pick<SoftmaxPart, "scores" | "probabilities">;

const emitFirst = (tape: Tape, x: Value): Value =>
  tape.op("Slice", [x, shape(tape, 0), shape(tape, looked), shape(tape, -1)]);

const emitMaxima = (tape: Tape, { scores, probabilities }: Scored): readonly [score: Value, probability: Value] => [
  emitRowMax(tape, scores),
  emitRowMax(tape, probabilities),
];

const emitFirstMaxima = (tape: Tape, { scores, probabilities }: Scored): readonly [score: Value, probability: Value] =>
  emitMaxima(tape, { scores: emitFirst(tape, scores), probabilities: emitFirst(tape, probabilities) });

const emitDifference = (tape: Tape, [score, probability]: readonly Value[]): Value =>
  tape.op("Sub", [score!, tape.op("Log", [probability!])]);

/** Of scores above a floor: [..., rows, 1]. */
export const emitLseAboveFloor = (tape: Tape, part: Scored): Value => emitDifference(tape, emitFirstMaxima(tape, part));

/** Of any scores: [..., rows, 1]. */
export const emitLse = (tape: Tape, part: Scored): Value => {
  const first = emitFirstMaxima(tape, part);
  const smallest = tape.op("ReduceMin", [first[1]], { keepdims: 0 });
  const enough = tape.op("Greater", [smallest, tape.constant("float32", [], [least])]);
  return tape.branch(enough, {
    whenTrue: (at) => [emitDifference(at, first)],
    whenFalse: (at) => [emitDifference(at, emitMaxima(at, part))],
  })[0]!;
};
