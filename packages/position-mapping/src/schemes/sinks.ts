/**
 * Attention sinks and a window, LM-Infinite, arXiv 2308.16137, and StreamingLLM, arXiv 2309.17453: the first n keys are always
 * seen, besides the last W. A sink beyond the window counts as far as the window's last token:
 *
 *     i - j < W:            rel(i, j) = i - j
 *     i - j >= W, j <  n:   rel(i, j) = W - 1         query at W - 1, key at 0
 *     i - j >= W, j >= n:   not attended
 *
 *     capacity = Infinity
 */
import { checkConfig, positive } from "@ropewalk/check";
import { wouldFit } from "../fit.ts";
import { near, type PositionMapping } from "../mapping.ts";

/**
 * Each query attends to the first `sinks` tokens and to the last `window`, itself among them.
 *
 * @throws RangeError when sinks or window is not an integer >= 1, TypeError when one is not a number or a key is not known.
 */
export const sinks = (config: { readonly sinks: number; readonly window: number }): PositionMapping => {
  const { sinks: count, window } = checkConfig("sinks", config, { sinks: positive, window: positive });
  return {
    name: `Sinks(sinks ${count}, window ${window})`,
    bands: [near(window), { covers: (i, j) => i - j >= window && j < count, query: () => window - 1, key: () => 0 }],
    window,
    seen: { first: count, last: window },
    capacity: () => Infinity,
    remedy: (trainedContext) => wouldFit([`window ${trainedContext} or less`]),
  };
};
