/**
 * ReRoPE (Jianlin Su, github.com/bojone/rerope): distances are cut off at the window.
 *
 *     i - j <  W:  rel(i, j) = i - j
 *     i - j >= W:  rel(i, j) = W             query at W, key at 0
 *
 *     capacity = Infinity for W < L,   L for W = L
 */
import { checkConfig, positive } from "@ropewalk/check";
import { twoBands, type PositionMapping } from "../mapping.ts";
import { wouldFit } from "../fit.ts";

/**
 * Every distance of `window` or more counts as `window`.
 *
 * @throws RangeError when window is not an integer >= 1, TypeError when one is not a number or a key is not known.
 */
export const reRope = (config: { readonly window: number }): PositionMapping => {
  const { window } = checkConfig("reRope", config, { window: positive });
  return {
    name: `ReRoPE(window ${window})`,
    bands: twoBands(
      window,
      () => window,
      () => 0,
    ),
    window,
    capacity: (trainedContext) => (window < trainedContext ? Infinity : trainedContext),
    remedy: (trainedContext) => wouldFit(trainedContext > 1 ? [`window ${trainedContext - 1} or less`] : []),
  };
};
