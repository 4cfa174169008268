/** The most likely token. */
import { checkArray, checkInteger } from "@ropewalk/check";
import { firstNoNumber } from "../run/check-numbers.ts";

export const checkLogits = (where: string, logits: Float32Array, offset: number, vocabSize: number): void => {
  const at = firstNoNumber(logits, offset, vocabSize);
  if (at >= 0)
    throw new RangeError(`${where}: logits must be numbers below Infinity, got ${logits[offset + at]} at index ${at}`);
};

/**
 * The index, counted from `offset`, of the largest of `vocabSize` logits; of equals the first. By default all logits after `offset` count.
 *
 * @throws RangeError for a logit that is NaN or Infinity
 */
export const argmax = (logits: Float32Array, offset: number = 0, size?: number): number => {
  checkArray("argmax", "logits", logits, "Float32Array");
  const vocabSize = size ?? logits.length - offset;
  checkInteger("argmax", "offset", offset, 0);
  checkInteger("argmax", "vocabSize", vocabSize, 1, logits.length - offset);
  checkLogits("argmax", logits, offset, vocabSize);
  let best = 0;
  for (let token = 1; token < vocabSize; token++) if (logits[offset + token]! > logits[offset + best]!) best = token;
  return best;
};
