/**
 * What a decoder's graph ends in: rows of logits [rows, vocabSize], and the likeliest token [rows] of each row, the first of
 * equals. A greedy step brings back 8 bytes of these and leaves 4 vocabSize where they were computed.
 */
import type { Tape, Value } from "@ropewalk/graph";
import { outputs } from "./interface.ts";

export const giveLogits = (tape: Tape, logits: Value): void => {
  tape.output(outputs.logits, logits);
  const likeliest = tape.op("ArgMax", [logits], { axis: -1, keepdims: 0 }, { output: outputs.likeliest });
  tape.output(outputs.likeliest, likeliest);
};
