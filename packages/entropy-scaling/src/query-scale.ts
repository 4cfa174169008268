/**
 * The query of position i in layer l is multiplied by scale(l, i). This multiplies each of the query's attention logits.
 */
import { byVariant, check, checkFunction, checkInteger, checkKeys, type Variants } from "@ropewalk/check";
import { custom } from "./custom.ts";
import { entropyAbf } from "./entropy-abf.ts";
import { logN } from "./log-n.ts";
import type { EntropyScaling, ScaleCurve, ScaleOf } from "./scaling.ts";
import { yarnTemperature } from "./yarn-temperature.ts";

/** For each kind: the checks of its fields, and the function that gives the scale in a layer. */
const scalings: Variants<EntropyScaling, ScaleCurve | ScaleOf, [where: string, layer: number]> = {
  "log-n": [{ trainedContext: true }, logN],
  "entropy-abf": [{ trainedContext: true, exemptLayers: true }, entropyAbf],
  "yarn-temperature": [{ factor: true }, yarnTemperature],
  custom: [{ scale: checkFunction }, custom],
};

/** All kinds of scalings. */
export const entropyKinds: readonly EntropyScaling["kind"][] = Object.keys(scalings) as EntropyScaling["kind"][];

const scaleIn = (where: string, scaling: EntropyScaling, layer: number): ScaleCurve | ScaleOf => {
  checkInteger(where, "layer", layer, 0);
  return byVariant(where, "scaling", scaling, scalings, where, layer);
};

const scaleOf = (where: string, scaling: EntropyScaling, layer: number): ScaleOf => {
  const scale = scaleIn(where, scaling, layer);
  if (typeof scale === "function") return scale;
  return (position) => Math.max(scale.least, Math.log(position + 1) / scale.logContext);
};

/**
 * The curve of `layer`, for code that computes the scales elsewhere: scale(i) = max(least, ln(i + 1) / logContext).
 *
 * @throws as {@link queryScale}, and RangeError for the kind `custom`, whose scale may have any shape.
 */
export const queryScaleCurve = (scaling: EntropyScaling, layer: number): ScaleCurve => {
  const scale = scaleIn("queryScaleCurve", scaling, layer);
  if (typeof scale === "function")
    throw new RangeError(
      "queryScaleCurve: scaling must be a curve max(least, ln(i + 1) / logContext), got one of kind custom",
    );
  return scale;
};

/**
 * The factor for the query at `position` in `layer`, both counted from 0. It is at least 1, except for the kind `custom`.
 *
 * @throws RangeError when trainedContext is not an integer >= 2, when factor is not finite and >= 1, when exemptLayers, layer
 * or position is not an integer >= 0, when a custom scale is not finite and > 0, or when the kind is unknown; TypeError when
 * one of them is not a number or a key is not known.
 */
export const queryScale = (
  scaling: EntropyScaling,
  at: { readonly layer: number; readonly position: number },
): number => {
  checkKeys("queryScale", "at", at, { layer: true, position: true });
  const scale = scaleOf("queryScale", scaling, at.layer);
  checkInteger("queryScale", "position", at.position, 0);
  return scale(at.position);
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
  out?: Float64Array,
): Float64Array => {
  const scale = scaleOf("queryScales", scaling, layer);
  const numPositions = positions?.length;
  check(numPositions >= 0, "queryScales: positions must be an array", positions, "object");
  const scales = out ?? new Float64Array(numPositions);
  check(scales.length === numPositions, `queryScales: out must hold ${numPositions} values`, scales.length);
  for (let n = 0; n < numPositions; n++) {
    const position = positions[n]!;
    if (!(Number.isSafeInteger(position) && position >= 0)) {
      checkInteger("queryScales", `positions[${n}]`, position, 0);
    }
    scales[n] = scale(position);
  }
  return scales;
};
