/**
 * The outputs of a decoder's graph: rows of logits l [rows, vocabSize], and the likeliest token [rows] of each row, the first of
 * equals. A greedy step then copies 8 bytes to the host, and the 4 vocabSize bytes of the logits stay where they were computed.
 *
 *   likeliest = argmax l where Σ l < ∞, or else -1
 *
 * If one logit is NaN or infinite, so is the sum. So a faulty logit shows in the token.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { decoderOutputs } from "../graph-interface.ts";

/** Stands in place of a token if the sum of the row's logits is NaN or infinite. */
export const noToken = -1;

/** bool [rows]: whether the sum of a row of logits is a number, or -∞, as when a token is ruled out. */
export const emitAreNumbers = (tape: Tape, logits: Value): Value => {
  const sums = tape.op("ReduceSum", [logits, tape.constant("int64", [1], [-1])], { keepdims: 0 });
  return tape.op("Less", [sums, tape.constant("float32", [], [3.4e38])]);
};

/**
 * Makes the logits and the likeliest token of each row outputs of the graph. The token is computed as a float, which is exact up to
 * 2^24, because the runtime has no Where for int64 on GPUs.
 */
export const giveLogits = (tape: Tape, logits: Value, vocabSize: number): void => {
  tape.output(decoderOutputs.logits, logits);
  const scope = tape.scope(decoderOutputs.likeliest);
  const float = (value: number): Value => scope.constant("float32", [], [value]);
  const numbers = scope.op("Range", [float(0), float(vocabSize), float(1)]);
  const found = scope.op("ArgMax", [logits], { axis: -1, keepdims: 0 });
  const token = scope.op("Gather", [numbers, found], { axis: 0 });
  const checked = scope.op("Where", [emitAreNumbers(scope, logits), token, float(noToken)]);
  tape.output(
    decoderOutputs.likeliest,
    scope.op("Cast", [checked], { to: typeCode("int64") }, { output: decoderOutputs.likeliest }),
  );
};
