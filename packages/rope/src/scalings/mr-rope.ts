/**
 * MrRoPE (mattian7/mrRoPE): YaRN's ramp goes from pair `low` to pair `high`. The frequencies of the pairs between them are
 * divided by a power of the factor s:
 *
 *     f'(j) = f(j) / s^e(j)       e = 0 up to low, 1 from high on, and between them, with x = j - low and w = high - low
 *
 *     uniform      e = x / w
 *     progressive  e = x (x + 1) / (w (w + 1))
 *
 *     attentionScale = 0.1 ln(s) + 1
 */
import type { Basis, Change, ScalingOf } from "../scaling.ts";
import { ramp } from "./ramp.ts";

export const mrRope = (scaling: ScalingOf<"mr-rope">, basis: Basis): Change => {
  const { factor, variant } = scaling;
  const [low, width] = ramp(scaling, basis);
  return {
    frequency: (f, j) => {
      const share = Math.min(1, Math.max(0, (j - low) / width));
      return f / factor ** (variant === "uniform" ? share : (share * (share * width + 1)) / (width + 1));
    },
    attentionScale: 0.1 * Math.log(factor) + 1,
  };
};
