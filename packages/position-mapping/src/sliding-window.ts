/**
 * Sliding-window attention, as in Mistral 7B, arXiv 2310.06825: the last W tokens, and nothing else.
 *
 *     i - j <  W:  rel(i, j) = i - j
 *     i - j >= W:  not attended
 *
 *     capacity = Infinity
 */
import { checkIntegers } from "./check.ts";
import { nearBand, type PositionMapping } from "./mapping.ts";
import { wouldFit } from "./fit.ts";

/**
 * Each query attends to the last `window` tokens, itself among them.
 *
 * @throws RangeError when window is not an integer >= 1, TypeError when it is not a number.
 */
export const slidingWindow = (config: { readonly window: number }): PositionMapping => {
  const { window } = config;
  checkIntegers("slidingWindow", 1, { window });
  return {
    name: `SlidingWindow(window ${window})`,
    bands: [nearBand(window)],
    window,
    capacity: () => Infinity,
    remedy: (trainedContext) => wouldFit([`window ${trainedContext} or less`]),
  };
};
