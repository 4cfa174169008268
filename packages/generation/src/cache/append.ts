/** What a chunk leaves behind: its rotated keys and values, as the graph gave them, put into the cache's stretches. */
import type { KeyValueCache } from "./cache.ts";
import type { Given, GroupCache, Growing } from "./group.ts";
import { checkLatest, writing } from "./life.ts";

/** How many tokens more make the next ones of any group settle; Infinity where none ever does. */
export const untilSettling = ({ groups, length }: KeyValueCache): number =>
  Math.min(...groups.flatMap((own) => own.stretches.map(({ rule }) => rule.lasts(own, length))));

/** From the oldest to the newest: what leaves a stretch is taken out of it before its place is filled anew. */
const appendedGroup = (cache: Growing, given: Given): GroupCache => {
  const { group, settled, stretches } = cache.stretches.reduce(
    (growing, { rule }, at) => rule.append(growing, at, given),
    cache,
  );
  return { group, settled, stretches };
};

const appended = (cache: KeyValueCache, ids: readonly number[], results: Given["results"]): KeyValueCache => {
  const { backend, extended, length } = cache;
  const given: Given = { results, tokens: ids.length };
  const groups = cache.groups.map((group) => appendedGroup({ ...group, backend, extended, length }, given));
  return { ...cache, groups, length: length + ids.length, ids: [...cache.ids, ...ids] };
};

/** As `appendToCache`, inside of a run. */
export const append = (cache: KeyValueCache, ids: readonly number[], results: Given["results"]): KeyValueCache =>
  writing(cache, () => appended(cache, ids, results));

/**
 * The cache with a chunk behind it, its rotated keys and values as the graph gave them for these ids.
 *
 * @throws TypeError unless it is the value that was handed out last
 */
export const appendToCache = (
  cache: KeyValueCache,
  ids: readonly number[],
  results: Given["results"],
): KeyValueCache => {
  checkLatest("appendToCache", cache);
  return append(cache, ids, results);
};
