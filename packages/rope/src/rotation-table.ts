/**
 * The rotation of every pair at every position:
 *
 *     angle(p, j) = position(p) * f(j)
 *     cos(p, j)   = attentionScale * cos(angle),   sin(p, j) = attentionScale * sin(angle)
 */
import { checkLength } from "./check.ts";
import type { RopeFrequencies } from "./scaling.ts";

/** Cosines and sines, each `[numPositions, rotaryDim / 2]`, row-major. */
export type RotationTable = { readonly cos: Float32Array; readonly sin: Float32Array };

/**
 * The table of `positions`, in tokens; positions need be neither whole nor in order. Angles are formed in float64 and
 * stored as float32. With `out` the table is written there and `out` is returned.
 *
 * @throws RangeError when `out` has another size.
 */
export const rotationTable = (
  { inverseFrequencies, attentionScale }: RopeFrequencies,
  positions: ArrayLike<number>,
  out: RotationTable = {
    cos: new Float32Array(positions.length * inverseFrequencies.length),
    sin: new Float32Array(positions.length * inverseFrequencies.length),
  },
): RotationTable => {
  const { cos, sin } = out;
  const numPairs = inverseFrequencies.length;
  checkLength("rotationTable: cos", cos, positions.length * numPairs);
  checkLength("rotationTable: sin", sin, cos.length);
  for (let at = 0; at < cos.length; at++) {
    const position = positions[Math.floor(at / numPairs)]!;
    const angle = position * inverseFrequencies[at % numPairs]!;
    cos[at] = attentionScale * Math.cos(angle);
    sin[at] = attentionScale * Math.sin(angle);
  }
  return out;
};
