/**
 * How badly rows of logits foretell their targets, in nats:
 *
 *   L = Σ_r w_r (ln Σ_v e^(l_rv) - l_r,t(r))           the largest logit is taken out first, so that nothing overflows
 *
 * With w_r = 1 / (number of targets) it is the mean cross-entropy.
 */
import type { Tape, Value } from "@ropewalk/graph";

/**
 * @param logits - [rows, vocabSize]
 * @param targets - [rows] int64
 * @param weights - [rows]
 * @returns one number
 */
export const crossEntropy = (tape: Tape, logits: Value, targets: Value, weights: Value): Value => {
  const [, vocabSize] = logits.dims as readonly [number, number];
  const last = tape.constant("int64", [1], [1]);
  const along = (op: string, x: Value): Value => tape.op(op, [x, last], { keepdims: 1 });
  const moved = tape.op("Sub", [logits, along("ReduceMax", logits)]);
  const logSum = tape.op("Log", [along("ReduceSum", tape.op("Exp", [moved]))]);
  // A row of tokens beside a column of targets: operators that pick an element a row are not everywhere. Nor is anything over int64
  // but a lookup, by which targets become int32.
  const tokens = tape.constant(
    "int32",
    [vocabSize],
    Int32Array.from({ length: vocabSize }, (_, token) => token),
  );
  const column = tape.op("Unsqueeze", [tape.op("Gather", [tokens, targets], { axis: 0 }), last]);
  const picked = tape.op("Where", [tape.op("Equal", [tokens, column]), moved, tape.constant("float32", [], [0])]);
  const losses = tape.op("Squeeze", [tape.op("Sub", [logSum, along("ReduceSum", picked)]), last]);
  return tape.op("ReduceSum", [tape.op("Mul", [losses, weights])], { keepdims: 0 });
};
