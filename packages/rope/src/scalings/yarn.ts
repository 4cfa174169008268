/**
 * YaRN, Peng et al., arXiv 2309.00071, sections 3.2 and 3.4, as Hugging Face transformers computes it (`yarn`):
 *
 *     pair(r) = d ln(L / (2 pi r)) / (2 ln theta)     the pair that turns r times in L = originalContext tokens
 *     low     = max(floor(pair(betaFast)), 0)         floor and ceil only with truncate; d = rotaryDim
 *     high    = min(ceil(pair(betaSlow)), d - 1)
 *     s(j)    = 1 - (j - low) / (high - low), cut off at 0 and 1 (a high - low of 0 counts as 0.001)
 *     f'(j)   = s(j) f(j) + (1 - s(j)) f(j) / factor
 *
 *     m(a)           = 0.1 a ln(factor) + 1
 *     attentionScale = attentionFactor, or m(mscale) / m(mscaleAllDim) when neither is 0 or absent, or m(1)
 */
import { above } from "@ropewalk/check";
import type { Basis, Change, ScalingOf } from "../scaling.ts";
import { blend } from "./blend.ts";

export const yarn = (scaling: ScalingOf<"yarn">, { rotaryDim, theta }: Basis): Change => {
  const { factor, originalContext, betaFast = 32, betaSlow = 1, truncate = true, mscale, mscaleAllDim } = scaling;
  above(betaSlow)("ropeFrequencies", "betaFast", betaFast);
  above(1)("ropeFrequencies", "theta", theta);

  const pair = (turns: number): number =>
    (rotaryDim * Math.log(originalContext / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  const low = Math.max(0, truncate ? Math.floor(pair(betaFast)) : pair(betaFast));
  const high = Math.min(rotaryDim - 1, truncate ? Math.ceil(pair(betaSlow)) : pair(betaSlow));
  const m = (a: number): number => 0.1 * a * Math.log(factor) + 1;
  return {
    frequency: (f, j) => blend(f, factor, 1 - (j - low) / (high - low || 0.001)),
    attentionScale: scaling.attentionFactor ?? (mscale && mscaleAllDim ? m(mscale) / m(mscaleAllDim) : m(1)),
  };
};
