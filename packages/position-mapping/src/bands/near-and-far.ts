/** The bands of the usual mappings, checked: a near band, and a far band beyond it. For callers who write a mapping. */
import { checkFunction, positive } from "@ropewalk/check";
import { near, twoBands, type Band, type BandByDistance } from "../mapping.ts";

/**
 * The band in which every token keeps its own position: distances below `window`, which may be Infinity.
 *
 * @throws RangeError when window is not an integer >= 1, TypeError when it is not a number.
 */
export const nearBand = (window: number): BandByDistance => {
  if (window !== Infinity) positive("nearBand", "window", window);
  return near(window);
};

/**
 * The near band, and one band for every distance from `window` on, with the given positions.
 *
 * @throws RangeError when window is not an integer >= 1, TypeError when it is not a number or a position is not a function.
 */
export const nearAndFar = (
  window: number,
  query: Band["query"],
  key: Band["key"],
): readonly [BandByDistance, BandByDistance] => {
  positive("nearAndFar", "window", window);
  checkFunction("nearAndFar", "query", query);
  checkFunction("nearAndFar", "key", key);
  return twoBands(window, query, key);
};
