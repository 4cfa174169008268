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
