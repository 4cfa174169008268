/**
 * The rotation of every pair at every position:
 *
 *     angle(p, j) = position(p) * f(j)
 *     cos(p, j)   = attentionScale * cos(angle),   sin(p, j) = attentionScale * sin(angle)
 */
import { checkAllFinite, checkArray, checkFinite, checkConfig } from "@ropewalk/check";
import type { RopeFrequencies } from "./scaling.ts";

/** Cosines and sines, each `[numPositions, rotaryDim / 2]`, row-major. */
export type RotationTable = { readonly cos: Float32Array; readonly sin: Float32Array };

/**
 * The table of `positions`, in tokens; positions need be neither whole nor in order. Angles are formed in float64 and
 * stored as float32. With `out` the table is written there and `out` is returned.
 *
 * @throws RangeError when a position, a frequency or the attention scale is not finite, or `out` has another size.
 */
export const rotationTable = (
  frequencies: RopeFrequencies,
  positions: ArrayLike<number>,
  out?: RotationTable,
): RotationTable => {
  const { inverseFrequencies, attentionScale } = checkConfig("rotationTable", frequencies, {
    inverseFrequencies: checkAllFinite,
    attentionScale: checkFinite,
  });
  checkAllFinite("rotationTable", "positions", positions);
  const numPairs = inverseFrequencies.length;
  const size = positions.length * numPairs;
  const table = out ?? { cos: new Float32Array(size), sin: new Float32Array(size) };
  const { cos, sin } = table;
  checkArray("rotationTable", "cos", cos, "Float32Array", size);
  checkArray("rotationTable", "sin", sin, "Float32Array", cos.length);
  for (let at = 0; at < size; at++) {
    const position = positions[Math.floor(at / numPairs)]!;
    const angle = position * inverseFrequencies[at % numPairs]!;
    cos[at] = attentionScale * Math.cos(angle);
    sin[at] = attentionScale * Math.sin(angle);
  }
  return table;
};
