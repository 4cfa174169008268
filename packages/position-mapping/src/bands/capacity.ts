/**
 * The capacity of any bands, by looking at each token i in turn:
 *
 *     reach(i) = max over bands of  query(i) - min key(j),      from <= i - j < to,  0 <= j <= i
 *     capacity = the smallest i with reach(i) > L - 1           L = trainedContext
 *
 * The smallest key of a band moves along as i does: those that a later key is below of are forgotten.
 */
import { checkConfig, optional, positive } from "@ropewalk/check";
import { positionIn } from "../check.ts";
import type { Band } from "../mapping.ts";

type Seen = { readonly token: number; readonly key: number };

/**
 * The longest input, in tokens, whose relative positions all stay below `trainedContext`, for bands of one's own; `most`, by
 * default 1,048,576, where all of so many tokens fit: more are not looked at.
 *
 * @throws RangeError when a number is not an integer >= 1, or a band's position is not finite; TypeError when it is not a number
 * or a key is not known.
 */
export const capacityOfBands = (
  config: { readonly trainedContext: number; readonly most?: number },
  bands: readonly Band[],
): number => {
  const { trainedContext, most = 2 ** 20 } = checkConfig("capacityOfBands", config, {
    trainedContext: positive,
    most: optional(positive),
  });
  // Of each band the keys that may be the smallest yet, from where on: keys grow along them.
  const held = bands.map(() => ({ seen: [] as Seen[], first: 0 }));
  for (let i = 0; i < most; i++) {
    for (const [index, { from, to }] of bands.entries()) {
      const token = i - from;
      if (token < 0) continue;
      const kept = held[index]!;
      const key = positionIn("capacityOfBands", bands, index, "key", token);
      while (kept.seen.length > kept.first && kept.seen.at(-1)!.key >= key) kept.seen.pop();
      kept.seen.push({ token, key });
      while (i - kept.seen[kept.first]!.token >= to) kept.first++;
      const reach = positionIn("capacityOfBands", bands, index, "query", i) - kept.seen[kept.first]!.key;
      if (reach > trainedContext - 1) return i;
    }
  }
  return most;
};
