/**
 * Entropy-ABF, arXiv 2401.07004, equation 3 and its text, for layer l and the position i from 0:
 *
 *     scale(l, i) = 1                              l < exemptLayers
 *     scale(l, i) = max(1, ln(i + 1) / ln(c))      otherwise
 *
 * The method also needs a larger rotary base.
 */
import { checkInteger } from "@ropewalk/check";
import { logN } from "./log-n.ts";
import { constantScale, type ScaleCurve, type ScalingOf } from "./scaling.ts";

/** The rotary base (theta) that goes with Entropy-ABF, as in the published models. */
export const entropyAbfTheta: number = 500_000;

export const entropyAbf = (scaling: ScalingOf<"entropy-abf">, where: string, layer: number): ScaleCurve => {
  const { exemptLayers = 0 } = scaling;
  checkInteger(where, "exemptLayers", exemptLayers, 0);
  const curve = logN(scaling, where);
  return layer < exemptLayers ? constantScale(1) : curve;
};
