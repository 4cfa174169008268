/**
 * Makes every token of the prompt and every added token less likely, however often it occurred (CTRL, arXiv 1909.05858, as transformers
 * implements it):
 *
 *   logits[t] / penalty   where logits[t] >= 0
 *   logits[t] * penalty   where logits[t] < 0
 */
import { aboveZero } from "@ropewalk/check";
import type { Adjustment } from "./adjustment.ts";

export const repetitionPenalty: Adjustment<number> = {
  rule: aboveZero,
  isNeutral: (penalty) => penalty === 1,
  apply: (penalty, logits, { seen }) => {
    for (const token of seen) {
      const logit = logits[token]!;
      logits[token] = logit < 0 ? logit * penalty : logit / penalty;
    }
  },
};
