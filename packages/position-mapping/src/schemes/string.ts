/**
 * STRING, arXiv 2410.18745: far tokens take the positions of near ones, because the largest positions are the least trained. From
 * the distance S on, positions are shifted so that they count from W:
 *
 *     i - j <  S:  rel(i, j) = i - j
 *     i - j >= S:  rel(i, j) = i - j - S + W          query at i - S + W, key at j
 *
 * A key has the same position in both bands. N > S tokens reach N-1 - S + W, and the near ones S - 1, so for S <= L:
 *
 *     capacity = L + S - W
 */
import { checkConfig, checkNumber, positive } from "@ropewalk/check";
import { remedyOf } from "../fit.ts";
import { near, type PositionMapping } from "../mapping.ts";

/** The capacity; 0 when S is below W or beyond the trained context. */
const stringCapacity = (shiftFrom: number, window: number, trainedContext: number): number =>
  shiftFrom < window || shiftFrom > trainedContext ? 0 : trainedContext + shiftFrom - window;

/**
 * Distances from `shiftFrom` on count from `window` on. The authors take a third of the trained context, and 128 to 512.
 *
 * @throws RangeError when shiftFrom or window is not an integer >= 1, or shiftFrom is below window; TypeError when one is not a
 * number or a key is not known.
 */
export const string = (config: { readonly shiftFrom: number; readonly window: number }): PositionMapping => {
  const { shiftFrom, window } = checkConfig("string", config, { shiftFrom: positive, window: positive });
  checkNumber("string", "shiftFrom", shiftFrom, shiftFrom >= window, `>= window ${window}`);
  const exact = near(shiftFrom);
  return {
    name: `STRING(shiftFrom ${shiftFrom}, window ${window})`,
    bands: [exact, { from: shiftFrom, to: Infinity, query: (i) => i - shiftFrom + window, key: exact.key }],
    window: shiftFrom,
    capacity: (trainedContext) => stringCapacity(shiftFrom, window, trainedContext),
    remedy: remedyOf("shiftFrom", stringCapacity, shiftFrom, window),
  };
};
