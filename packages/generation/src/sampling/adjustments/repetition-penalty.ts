/**
 * Makes every token that is in the prompt or was added less likely, once, however often it came (CTRL, arXiv 1909.05858, as
 * transformers has it):
 *
 *   logits[t] / penalty   where logits[t] >= 0
 *   logits[t] * penalty   where it is below
 */
import { aboveZero } from "@ropewalk/check";
import type { Adjustment } from "./adjustment.ts";

export const repetitionPenalty: Adjustment<number> = {
  rule: aboveZero,
  isNeutral: (penalty) => penalty === 1,
  apply: (penalty, logits, { prompt, added }) => {
    const seen = new Uint8Array(logits.length);
    const punish = (token: number): void => {
      if (seen[token] !== 0) return;
      seen[token] = 1;
      const logit = logits[token]!;
      logits[token] = logit < 0 ? logit * penalty : logit / penalty;
    };
    prompt.forEach(punish);
    added.forEach(punish);
  },
};
