/** How long the frequencies of a cache hold. Some rope scalings choose them by the length of the run, which a cache is planned for. */
import { frequenciesFor } from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { dependsOnLength } from "@ropewalk/rope";
import type { KeyValueCache } from "../cache/cache.ts";

type Frequencies = KeyValueCache["frequencies"];

const sameFrequencies = (all: Frequencies, others: Frequencies): boolean =>
  all.every((a, group) => {
    const b = others[group];
    return (
      a?.attentionScale === b?.attentionScale &&
      (a?.inverseFrequencies.every((frequency, pair) => frequency === b!.inverseFrequencies[pair]) ?? true)
    );
  });

/** Whether the frequencies of a group differ between shorter and longer runs. */
export const dependOnLength = ({ groups }: ExtendedDecoder): boolean =>
  groups.some(({ rope }) => rope !== undefined && dependsOnLength(rope.scaling));

/** Whether the cache's frequencies are those of a run of `length` tokens. */
export const frequenciesHold = ({ extended, planned, frequencies }: KeyValueCache, length: number): boolean =>
  length <= planned || !dependOnLength(extended) || sameFrequencies(frequencies, frequenciesFor(extended, length));

/** How many of the next `count` tokens the cache's frequencies hold for. */
export const tokensBeforeReplanning = (cache: KeyValueCache, count: number): number =>
  frequenciesHold(cache, cache.length + count) ? count : Math.max(0, cache.planned - cache.length);
