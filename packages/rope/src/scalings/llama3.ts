/**
 * The rule of Llama 3.1, as Hugging Face transformers computes it (`llama3`):
 *
 *     turns(j) = L f(j) / (2 pi)                      how often pair j turns in L = originalContext tokens
 *     s(j)     = (turns(j) - lowFreqFactor) / (highFreqFactor - lowFreqFactor), cut off at 0 and 1
 *     f'(j)    = s(j) f(j) + (1 - s(j)) f(j) / factor
 *
 * Pairs that turn often keep their frequency, pairs that turn seldom are interpolated, those between are blended.
 */
import { above } from "@ropewalk/check";
import type { Change, ScalingOf } from "../scaling.ts";
import { blend } from "./blend.ts";

export const llama3 = (scaling: ScalingOf<"llama3">): Change => {
  const { factor, originalContext, lowFreqFactor, highFreqFactor } = scaling;
  above(lowFreqFactor)("ropeFrequencies", "highFreqFactor", highFreqFactor);
  return {
    frequency: (f) => {
      const turns = (originalContext * f) / (2 * Math.PI);
      return blend(f, factor, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor));
    },
  };
};
