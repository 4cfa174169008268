/**
 * How long an input SelfExtend holds for a model trained on L tokens, 1 <= W <= L.
 *
 * Up to W tokens every pair is near, and fits. Beyond W, the largest relative position of N tokens belongs to the last query and
 * the first key: floor((N-1)/G) + W - floor(W/G). It is at most L - 1 when N <= G (L - W + floor(W/G)):
 *
 *     capacity = max(W, G (L - W + floor(W/G)))
 *
 * The paper's (L-W) G + W (arXiv 2401.01325, equation 4) is the same when G divides W; otherwise it is W mod G too long.
 */
import { checkConfig, positive } from "@ropewalk/check";
import { smallestValue, widestWindow } from "./fit.ts";

/** The longest input, in tokens. */
export const selfExtendCapacity = (groupSize: number, window: number, trainedContext: number): number =>
  Math.max(window, groupSize * (trainedContext - window + Math.floor(window / groupSize)));

/**
 * The smallest group size that holds `length` tokens with this window; undefined when none does.
 *
 * @throws RangeError when an argument is not an integer >= 1, TypeError when it is not a number.
 */
export const smallestGroupSize = (config: {
  readonly window: number;
  readonly trainedContext: number;
  readonly length: number;
}): number | undefined => {
  const { window, trainedContext, length } = checkConfig("smallestGroupSize", config, {
    window: positive,
    trainedContext: positive,
    length: positive,
  });
  return smallestValue(selfExtendCapacity, window, trainedContext, length);
};

/**
 * The largest window that holds `length` tokens with this group size; undefined when none does.
 *
 * @throws RangeError when an argument is not an integer >= 1, TypeError when it is not a number.
 */
export const largestWindow = (config: {
  readonly groupSize: number;
  readonly trainedContext: number;
  readonly length: number;
}): number | undefined => {
  const { groupSize, trainedContext, length } = checkConfig("largestWindow", config, {
    groupSize: positive,
    trainedContext: positive,
    length: positive,
  });
  return widestWindow(selfExtendCapacity, groupSize, trainedContext, length);
};
