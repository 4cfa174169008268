/**
 * YaRN's ramp, arXiv 2309.00071, section 3.2: the pairs between those that turn often and those that turn seldom:
 *
 *     pair(r) = d ln(L / (2 pi r)) / (2 ln theta)     the pair that turns r times in L = originalContext tokens
 *     low     = max(floor(pair(betaFast)), 0)         floor and ceil only with truncate; d = rotaryDim
 *     high    = min(ceil(pair(betaSlow)), d - 1)
 */
import { above } from "@ropewalk/check";
import type { Basis, ScalingOf } from "../scaling.ts";

/** `low`, and the width `high - low`; a width of 0 counts as 0.001. */
export const ramp = (
  {
    originalContext,
    betaFast = 32,
    betaSlow = 1,
    truncate = true,
  }: Pick<ScalingOf<"yarn">, "originalContext" | "betaFast" | "betaSlow" | "truncate">,
  { rotaryDim, theta }: Basis,
): readonly [low: number, width: number] => {
  above(betaSlow)("ropeFrequencies", "betaFast", betaFast);
  above(1)("ropeFrequencies", "theta", theta);
  const pair = (turns: number): number =>
    (rotaryDim * Math.log(originalContext / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  const low = Math.max(0, truncate ? Math.floor(pair(betaFast)) : pair(betaFast));
  const high = Math.min(rotaryDim - 1, truncate ? Math.ceil(pair(betaSlow)) : pair(betaSlow));
  return [low, high - low || 0.001];
};
