/**
 * How badly rows of logits foretell their targets, in nats:
 *
 *   L = Σ_r w_r (ln Σ_v e^(l_rv) - l_r,t(r))           the largest logit is taken out first, so that nothing overflows
 *
 * With w_r = 1 / (number of targets) it is the mean cross-entropy.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";

/** 0, 1, … vocabSize - 1. */
const tokensOf = (tape: Tape, vocabSize: number): Value =>
  tape.constant(
    "int32",
    [vocabSize],
    Int32Array.from({ length: vocabSize }, (_, token) => token),
  );

/** Tokens as int32: over int64 GPUs' providers have nothing but lookups. */
export const narrowTokens = (tape: Tape, vocabSize: number, ids: Value): Value =>
  tape.op("Gather", [tokensOf(tape, vocabSize), ids], { axis: 0 });

/**
 * @param logits - [rows, vocabSize]
 * @param targets - [rows] int64 or int32
 * @param weights - [rows]
 * @returns one number
 */
export const crossEntropy = (tape: Tape, logits: Value, targets: Value, weights: Value): Value => {
  const [, vocabSize] = logits.dims as readonly [number, number];
  const last = tape.constant("int64", [1], [1]);
  const along = (op: "ReduceMax" | "ReduceSum", x: Value): Value => tape.op(op, [x, last], { keepdims: 1 });
  const moved = tape.op("Sub", [logits, along("ReduceMax", logits)]);
  const logSum = tape.op("Log", [along("ReduceSum", tape.op("Exp", [moved]))]);
  // A row of tokens beside a column of targets: operators that pick an element a row are not everywhere.
  const column = tape.op("Unsqueeze", [narrowTokens(tape, vocabSize, targets), last]);
  const isTarget = tape.op("Equal", [tokensOf(tape, vocabSize), column]);
  // Multiplied: Where takes three times as long on a CPU, here and on the way back.
  const picked = tape.op("Mul", [moved, tape.op("Cast", [isTarget], { to: typeCode("float32") })]);
  const losses = tape.op("Squeeze", [tape.op("Sub", [logSum, along("ReduceSum", picked)]), last]);
  return tape.op("ReduceSum", [tape.op("Mul", [losses, weights])], { keepdims: 0 });
};
