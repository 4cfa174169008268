/**
 * Makes a token less likely with each time that it was added, as OpenAI's `frequency_penalty` does. The prompt does not count:
 *
 *   logits[t] - penalty * count[t]
 */
import { finiteNumber } from "./finite-number.ts";
import { countAdded } from "../history.ts";
import type { Adjustment } from "./adjustment.ts";

export const frequencyPenalty: Adjustment<number> = {
  rule: finiteNumber,
  isNeutral: (penalty) => penalty === 0,
  apply: (penalty, logits, history) => {
    for (const [token, count] of countAdded(history)) logits[token]! -= penalty * count;
  },
};
