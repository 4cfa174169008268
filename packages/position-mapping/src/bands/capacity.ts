/**
 * The capacity of any bands, by looking at each token i in turn:
 *
 *     reach(i) = max over bands of  query(i) - min key(j),      j <= i that the band covers for i
 *     capacity = the smallest i with reach(i) > L - 1           L = trainedContext
 *
 * In a band of distances, only keys that are smaller than all later keys can still be the smallest, so the others are
 * forgotten. In a band of chunks or of another rule, every key is asked for.
 */
import { checkConfig, optional, positive } from "@ropewalk/check";
import { positionIn } from "../check.ts";
import { covers, type Band, type BandByDistance } from "../mapping.ts";

/** The smallest position among the keys that a band covers for query i, called for each i in turn; undefined if there are none. */
type SmallestKey = (i: number) => number | undefined;

type KeyOf = (token: number) => number;

const isByDistance = (band: Band): band is BandByDistance => band.covers === undefined && band.chunkLen === undefined;

const byDistance = ({ from, to }: BandByDistance, keyOf: KeyOf): SmallestKey => {
  // From `first` on: the keys that can still be the smallest, in growing order.
  const seen: { readonly token: number; readonly key: number }[] = [];
  let first = 0;
  return (i) => {
    const token = i - from;
    if (token < 0) return undefined;
    const key = keyOf(token);
    while (seen.length > first && seen.at(-1)!.key >= key) seen.pop();
    seen.push({ token, key });
    while (i - seen[first]!.token >= to) first++;
    return seen[first]!.key;
  };
};

const byRule =
  (band: Band, keyOf: KeyOf): SmallestKey =>
  (i) => {
    let smallest: number | undefined;
    for (let j = 0; j <= i; j++) {
      if (!covers(band, i, j)) continue;
      const key = keyOf(j);
      if (smallest === undefined || key < smallest) smallest = key;
    }
    return smallest;
  };

/**
 * The longest input, in tokens, whose relative positions all stay below `trainedContext`, for any bands. At most `most` tokens
 * are looked at, by default 1,048,576; if all of them fit, the result is `most`. `most` must be given when a band covers pairs
 * by chunks or by a rule, because then all pairs of so many tokens are looked at.
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
    most: bands.every(isByDistance) ? optional(positive) : positive,
  });
  const smallestKeys = bands.map((band, index) => {
    const keyOf: KeyOf = (token) => positionIn("capacityOfBands", bands, index, "key", token);
    return isByDistance(band) ? byDistance(band, keyOf) : byRule(band, keyOf);
  });
  for (let i = 0; i < most; i++) {
    for (const [index, smallestKey] of smallestKeys.entries()) {
      const key = smallestKey(i);
      if (key === undefined) continue;
      if (positionIn("capacityOfBands", bands, index, "query", i) - key > trainedContext - 1) return i;
    }
  }
  return most;
};
