/** The caller's own frequencies: any f'(j) and any attention scale, as a function of rotaryDim, theta and the planned length. */
import { checkAllFinite, checkArray, checkConfig } from "@ropewalk/check";
import type { Basis, Change, ScalingOf } from "../scaling.ts";

export const custom = ({ frequencies }: ScalingOf<"custom">, basis: Basis): Change => {
  const own = checkConfig("ropeFrequencies", frequencies(basis), {
    inverseFrequencies: (where, name, value) => {
      checkArray(where, name, value, "Array or Float64Array", basis.rotaryDim / 2);
      checkAllFinite(where, name, value);
    },
    attentionScale: true,
  });
  return { frequency: (_, j) => own.inverseFrequencies[j]!, ...own };
};
