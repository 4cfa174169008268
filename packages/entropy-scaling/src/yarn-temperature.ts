/**
 * YaRN's temperature, arXiv 2309.00071, section 3.4, for a length s times the trained one:
 *
 *     scale = (0.1 ln(s) + 1)^2
 *
 * YaRN multiplies cos and sin by the square root of this scale, which scales both query and key. Here only the query is scaled.
 */
import { checkNumber } from "@ropewalk/check";
import { constantScale, type ScaleCurve, type ScalingOf } from "./scaling.ts";

export const yarnTemperature = ({ factor }: ScalingOf<"yarn-temperature">, where: string): ScaleCurve => {
  checkNumber(where, "factor", factor, factor >= 1 && factor < Infinity, "finite and >= 1");
  return constantScale((0.1 * Math.log(factor) + 1) ** 2);
};
