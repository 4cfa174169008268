/**
 * NTK-aware interpolation, bloc97, as given in YaRN, arXiv 2309.00071, section 3.1:
 *
 *     theta' = theta * factor^(d / (d - 2))        d = rotaryDim
 *
 * The first pair keeps its frequency and the last one is divided by factor.
 */
import type { Basis, Change, ScalingOf } from "../scaling.ts";

export const ntkAware = ({ factor }: Pick<ScalingOf<"ntk-aware">, "factor">, { rotaryDim, theta }: Basis): Change => ({
  theta: theta * factor ** (rotaryDim / (rotaryDim - 2)),
});
