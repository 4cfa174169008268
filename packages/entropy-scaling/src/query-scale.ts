/**
 * The query of position i in layer l is multiplied by scale(l, i), so that every attention logit of that query is.
 */
import { match } from "ts-pattern";
import { check, checkInteger } from "./check.ts";
import { entropyAbf } from "./entropy-abf.ts";
import { logN } from "./log-n.ts";
import type { EntropyScaling, ScaleCurve } from "./scaling.ts";
import { yarnTemperature } from "./yarn-temperature.ts";

const scaleCurve = (where: string, scaling: EntropyScaling, layer: number): ScaleCurve => {
  checkInteger(where, "layer", layer, 0);
  return match(scaling)
    .with({ kind: "log-n" }, (row) => logN(where, row))
    .with({ kind: "entropy-abf" }, (row) => entropyAbf(where, row, layer))
    .with({ kind: "yarn-temperature" }, (row) => yarnTemperature(where, row))
    .exhaustive();
};

/**
 * The curve of `layer`, for those who compute it themselves: scale(i) = max(least, ln(i + 1) / logContext).
 *
 * @throws as {@link queryScale}.
 */
export const queryScaleCurve = (scaling: EntropyScaling, layer: number): ScaleCurve =>
  scaleCurve("queryScaleCurve", scaling, layer);

/**
 * What the query at `position` is multiplied by in `layer`, both counted from 0. At least 1.
 *
 * @throws RangeError when trainedContext is not an integer >= 2, factor is not finite and >= 1, or
 * exemptLayers, layer or position is not an integer >= 0; TypeError when one is not a number.
 */
export const queryScale = (
  scaling: EntropyScaling,
  at: { readonly layer: number; readonly position: number },
): number => {
  const { least, logContext } = scaleCurve("queryScale", scaling, at.layer);
  checkInteger("queryScale", "position", at.position, 0);
  return Math.max(least, Math.log(at.position + 1) / logContext);
};

/**
 * {@link queryScale} of every position, `[numPositions]`, in float64; written to `out` where it is given.
 *
 * @throws as {@link queryScale}, and RangeError when `out` has another length than `positions`.
 */
export const queryScales = (
  scaling: EntropyScaling,
  layer: number,
  positions: ArrayLike<number>,
  out: Float64Array = new Float64Array(positions.length),
): Float64Array => {
  const { least, logContext } = scaleCurve("queryScales", scaling, layer);
  const numPositions = positions.length;
  check(out.length === numPositions, `queryScales: out must hold ${numPositions} values, got ${out.length}`);
  for (let n = 0; n < numPositions; n++) {
    const position = positions[n]!;
    if (!(Number.isSafeInteger(position) && position >= 0)) {
      checkInteger("queryScales", `positions[${n}]`, position, 0);
    }
    out[n] = Math.max(least, Math.log(position + 1) / logContext);
  }
  return out;
};
