/** Frequencies of one's own: any f'(j), and any attention scale, by a function of rotaryDim, theta and the planned length. */
import { checkAllFinite, checkArray } from "@ropewalk/check";
import type { Basis, Change, ScalingOf } from "../scaling.ts";

export const custom = ({ frequencies }: ScalingOf<"custom">, basis: Basis): Change => {
  const { inverseFrequencies, ...scale } = frequencies(basis);
  checkArray("ropeFrequencies", "inverseFrequencies", inverseFrequencies, "Array or Float64Array", basis.rotaryDim / 2);
  checkAllFinite("ropeFrequencies", "inverseFrequencies", inverseFrequencies);
  return { frequency: (_, j) => inverseFrequencies[j]!, ...scale };
};
