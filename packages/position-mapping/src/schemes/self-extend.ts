/**
 * SelfExtend, arXiv 2401.01325: near tokens keep their positions, tokens further away share the position of their group.
 *
 *     i - j <  W:  rel(i, j) = i - j
 *     i - j >= W:  rel(i, j) = floor(i/G) - floor(j/G) + W - floor(W/G)
 *
 * The shift W - floor(W/G) is on the query alone. It makes the two zones meet: when G divides W, the
 * first grouped key is at rel = W. Its floor matters when G does not divide W: without it, rel is off
 * by the fraction of W/G.
 */
import { checkConfig, positive } from "@ropewalk/check";
import { remedyOf } from "../fit.ts";
import { twoBands, type PositionMapping } from "../mapping.ts";
import { selfExtendCapacity } from "../self-extend-capacity.ts";

/**
 * Groups of `groupSize` tokens beyond a window of `window` tokens. `groupSize: 1` is plain RoPE.
 *
 * @throws RangeError when groupSize or window is not an integer >= 1, TypeError when one is not a number or a key is not known.
 */
export const selfExtend = (config: { readonly groupSize: number; readonly window: number }): PositionMapping => {
  const { groupSize, window } = checkConfig("selfExtend", config, { groupSize: positive, window: positive });
  const shift = window - Math.floor(window / groupSize);
  return {
    name: `SelfExtend(groupSize ${groupSize}, window ${window})`,
    bands: twoBands(
      window,
      (i) => Math.floor(i / groupSize) + shift,
      (j) => Math.floor(j / groupSize),
    ),
    window,
    capacity: (trainedContext) => selfExtendCapacity(groupSize, window, trainedContext),
    remedy: remedyOf("groupSize", selfExtendCapacity, groupSize, window),
  };
};
