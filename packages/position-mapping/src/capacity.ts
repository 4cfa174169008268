/** capacity = the longest N such that rel(i, j) <= L - 1 for every attended pair of N tokens; L = trainedContext. */
import { atLeastZero, checkFunction, positive } from "@ropewalk/check";
import { checkWindow } from "./check.ts";
import type { PositionMapping } from "./mapping.ts";

/**
 * The longest input, in tokens, that a model trained on `trainedContext` tokens reads with this mapping without meeting a
 * relative position that it has not seen. `Infinity` when there is no limit.
 *
 * @throws RangeError when trainedContext is not an integer >= 1, or is below the mapping's finite window, or the mapping's
 * capacity is not >= 0; TypeError when trainedContext is not a number, or `mapping` is not a mapping.
 */
export const capacity = (mapping: PositionMapping, trainedContext: number): number => {
  checkFunction("capacity", "mapping.capacity", mapping?.capacity);
  positive("capacity", "trainedContext", trainedContext);
  if (mapping.window < Infinity) checkWindow("capacity", mapping.window, trainedContext);
  const longest = mapping.capacity(trainedContext);
  atLeastZero("capacity", `mapping.capacity(${trainedContext})`, longest);
  return longest;
};
