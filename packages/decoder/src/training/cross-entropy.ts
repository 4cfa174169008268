/**
 * The cross-entropy of rows of logits and their targets, in nats:
 *
 *   L = Σ_r w_r (ln Σ_v e^(l_rv) - l_r,t(r))           the largest logit is subtracted first, so that nothing overflows
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

/** Tokens as int32, because GPUs' providers have no operators over int64 except lookups. */
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
  // A row of tokens is compared with the column of targets: not every provider can pick one element of each row.
  const column = tape.op("Unsqueeze", [narrowTokens(tape, vocabSize, targets), last]);
  const isTarget = tape.op("Equal", [tokensOf(tape, vocabSize), column]);
  // A product, because Where takes three times as long on a CPU, here and in the backward pass.
  const picked = tape.op("Mul", [moved, tape.op("Cast", [isTarget], { to: typeCode("float32") })]);
  const losses = tape.op("Squeeze", [tape.op("Sub", [logSum, along("ReduceSum", picked)]), last]);
  return tape.op("ReduceSum", [tape.op("Mul", [losses, weights])], { keepdims: 0 });
};
