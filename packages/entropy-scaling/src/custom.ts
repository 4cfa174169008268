/** The caller's own scaling, of any shape: scale(l, i) is a function of the layer and the position, both counted from 0. */
import { aboveZero } from "@ropewalk/check";
import type { ScaleOf, ScalingOf } from "./scaling.ts";

export const custom =
  ({ scale }: ScalingOf<"custom">, where: string, layer: number): ScaleOf =>
  (position) => {
    const value = scale({ layer, position });
    aboveZero(where, `scale of layer ${layer} and position ${position}`, value);
    return value;
  };
