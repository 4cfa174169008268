/**
 * Makes tokens that were added less likely, however often they were, as OpenAI's `presence_penalty` does. The prompt does not count:
 *
 *   logits[t] - penalty   where count[t] > 0
 */
import type { Adjustment } from "./adjustment.ts";
import { finiteNumber } from "./finite-number.ts";

export const presencePenalty: Adjustment<number> = {
  rule: finiteNumber,
  isNeutral: (penalty) => penalty === 0,
  apply: (penalty, logits, { added }) => {
    for (const token of added.keys()) logits[token]! -= penalty;
  },
};
