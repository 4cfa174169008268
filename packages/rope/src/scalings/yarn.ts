/**
 * YaRN, Peng et al., arXiv 2309.00071, sections 3.2 and 3.4, as Hugging Face transformers computes it (`yarn`), with the ramp
 * from `low` to `high`:
 *
 *     s(j)    = 1 - (j - low) / (high - low), cut off at 0 and 1
 *     f'(j)   = s(j) f(j) + (1 - s(j)) f(j) / factor
 *
 *     m(a)           = 0.1 a ln(factor) + 1
 *     attentionScale = attentionFactor, or m(mscale) / m(mscaleAllDim) when neither is 0 or absent, or m(1)
 */
import type { Basis, Change, ScalingOf } from "../scaling.ts";
import { blend } from "./blend.ts";
import { ramp } from "./ramp.ts";

export const yarn = (scaling: ScalingOf<"yarn">, basis: Basis): Change => {
  const { factor, mscale, mscaleAllDim, attentionFactor } = scaling;
  const [low, width] = ramp(scaling, basis);
  const m = (a: number): number => 0.1 * a * Math.log(factor) + 1;
  return {
    frequency: (f, j) => blend(f, factor, 1 - (j - low) / width),
    attentionScale: attentionFactor ?? (mscale && mscaleAllDim ? m(mscale) / m(mscaleAllDim) : m(1)),
  };
};
