/**
 * LongRoPE, Ding et al., arXiv 2402.13753, as Hugging Face transformers computes it (`longrope`):
 *
 *     factor(j)      = longFactor(j) when seqLen > L, else shortFactor(j)        L = originalContext
 *     f'(j)          = f(j) / factor(j)
 *     attentionScale = attentionFactor, or sqrt(1 + ln(factor) / ln(L))
 */
import { checkLength, checkNumbers } from "../check.ts";
import type { Basis, Change, ScalingOf } from "../scaling.ts";

export const longrope = ({ rotaryDim, seqLen }: Basis, scaling: ScalingOf<"longrope">): Change => {
  const { factor, originalContext, shortFactor, longFactor } = scaling;
  checkNumbers({
    factor,
    originalContext,
    shortFactor: Math.min(...shortFactor),
    longFactor: Math.min(...longFactor),
  });
  checkLength("ropeFrequencies: shortFactor", shortFactor, rotaryDim / 2);
  checkLength("ropeFrequencies: longFactor", longFactor, rotaryDim / 2);
  const factors = seqLen > originalContext ? longFactor : shortFactor;
  return {
    frequency: (f, j) => f / factors[j]!,
    attentionScale: scaling.attentionFactor ?? Math.sqrt(1 + Math.log(factor) / Math.log(originalContext)),
  };
};
