/**
 * log-n scaling (Jianlin Su, kexue.fm/archives/8823), for a model trained on c tokens and the position i from 0:
 *
 *     scale(i) = max(1, ln(i + 1) / ln(c))
 */
import { checkInteger } from "@ropewalk/check";
import type { ScaleCurve, ScalingOf } from "./scaling.ts";

export const logN = ({ trainedContext }: Omit<ScalingOf<"log-n">, "kind">, where: string): ScaleCurve => {
  // A context of one token has no logarithm to divide by.
  checkInteger(where, "trainedContext", trainedContext, 2);
  return { least: 1, logContext: Math.log(trainedContext) };
};
