/**
 * The outputs of a decoder's graph: rows of logits l [rows, vocabSize], and the likeliest token [rows] of each row, the first of
 * equals. A greedy step reads 8 bytes back and leaves the 4 vocabSize bytes of the logits where they were computed.
 *
 *   likeliest = argmax l where Σ l < ∞, or else -1
 *
 * A sum is no number where one of its terms is none: so one of many that is NaN, or infinite, is noticed by whoever reads the token.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { decoderOutputs } from "../graph-interface.ts";

/** The token that stands for none: the sum of the row's logits is NaN or infinite. */
export const noToken = -1;

/** bool [rows]: whether the sum of a row of logits is a number, or -∞ where a token is ruled out. */
export const emitAreNumbers = (tape: Tape, logits: Value): Value => {
  const sums = tape.op("ReduceSum", [logits, tape.constant("int64", [1], [-1])], { keepdims: 0 });
  return tape.op("Less", [sums, tape.constant("float32", [], [3.4e38])]);
};

/** The token is chosen as a float, which is exact up to 2^24: on GPUs the runtime has no kernel of Where for int64. */
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
