/**
 * Scores of masked pairs raised to a floor, before a softmax on a processor:
 *
 *   S' = max(S, m - 60)      m = max_j S      exp(S' - m) ≥ e^-60 = 8.8e-27
 *
 * Processors take five to ten times as long for an exponential that underflows, as every masked one does, and again for products with
 * numbers below the smallest normal float32 (1.2e-38). A weight of e^-60 stays above it, even divided by a hundred thousand million keys, and changes no
 * digit of a sum in float32: a million such keys have 1e-20 of the largest weight. Values of masked keys must be finite, and not
 * 1e19 times larger than others.
 */
import type { Tape, Value } from "@ropewalk/graph";

const depth = 60;

/** @param maxScore - the largest score of each row, [..., rows, 1] */
export const emitFloor = (tape: Tape, scores: Value, maxScore: Value): Value =>
  tape.op("Max", [scores, tape.op("Sub", [maxScore, tape.constant("float32", [], [depth])])]);
