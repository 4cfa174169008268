/**
 * The rule of thumb of SelfExtend's authors (README of github.com/datamllab/LongLM): the largest
 * relative position should stay below a half to two thirds of the trained context, whose last part is
 * the least trained.
 *
 *     W + (N-W) / G < reach L
 *
 * The smallest such G is taken, because it is the most precise. The exact capacity must hold N as well.
 */
import { checkConfig, checkNumber, optional, positive, share } from "@ropewalk/check";
import { checkWindow } from "./check.ts";
import { defaultReach, defaultWindow } from "./defaults.ts";
import { selfExtendCapacity } from "./self-extend-capacity.ts";

/**
 * A group size and a window for inputs of `length` tokens, with a model trained on `trainedContext`.
 *
 * `window` is a quarter of `trainedContext` and `reach` 2/3 unless given. A length within the trained
 * context gives `{ groupSize: 1, window: trainedContext }`, which is plain RoPE exactly.
 *
 * @throws RangeError when a count is not an integer >= 1, reach is not > 0 and <= 1, window is above
 * trainedContext, or a longer input leaves window no room below reach * trainedContext; TypeError when
 * an argument is not a number.
 */
export const chooseSelfExtend = (config: {
  readonly trainedContext: number;
  readonly length: number;
  readonly window?: number;
  readonly reach?: number;
}): { readonly groupSize: number; readonly window: number } => {
  const {
    trainedContext,
    length,
    window = defaultWindow(trainedContext),
    reach = defaultReach,
  } = checkConfig("chooseSelfExtend", config, {
    trainedContext: positive,
    length: positive,
    window: optional(positive),
    reach: optional(share),
  });
  checkWindow("chooseSelfExtend", window, trainedContext);
  if (length <= trainedContext) return { groupSize: 1, window: trainedContext };
  const room = reach * trainedContext - window;
  checkNumber("chooseSelfExtend", "window", window, room > 0, `< reach ${reach} * trainedContext ${trainedContext}`);
  let groupSize = 1 + Math.floor((length - window) / room);
  while (selfExtendCapacity(groupSize, window, trainedContext) < length) groupSize++;
  return { groupSize, window };
};
