/**
 * Sliding-window attention, as in Mistral 7B, arXiv 2310.06825: the last W tokens, and nothing else.
 *
 *     i - j <  W:  rel(i, j) = i - j
 *     i - j >= W:  not attended
 *
 *     capacity = Infinity
 */
import { checkConfig, positive } from "@ropewalk/check";
import { near, type PositionMapping } from "../mapping.ts";
import { wouldFit } from "../fit.ts";

/**
 * Each query attends to the last `window` tokens, itself among them.
 *
 * @throws RangeError when window is not an integer >= 1, TypeError when one is not a number or a key is not known.
 */
export const slidingWindow = (config: { readonly window: number }): PositionMapping => {
  const { window } = checkConfig("slidingWindow", config, { window: positive });
  return {
    name: `SlidingWindow(window ${window})`,
    bands: [near(window)],
    window,
    capacity: () => Infinity,
    remedy: (trainedContext) => wouldFit([`window ${trainedContext} or less`]),
  };
};
