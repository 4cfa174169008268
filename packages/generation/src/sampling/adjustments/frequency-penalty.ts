/**
 * Makes a token less likely with each time that it was added, as OpenAI's `frequency_penalty` does. The prompt does not count:
 *
 *   logits[t] - penalty * count[t]
 */
import { finiteNumber } from "./finite-number.ts";
import type { Adjustment } from "./adjustment.ts";

export const frequencyPenalty: Adjustment<number> = {
  rule: finiteNumber,
  isNeutral: (penalty) => penalty === 0,
  apply: (penalty, logits, { added }) => {
    for (const [token, count] of added) logits[token]! -= penalty * count;
  },
};
