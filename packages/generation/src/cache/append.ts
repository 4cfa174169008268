/** What a chunk leaves behind: its rotated keys and values, as the graph gave them, put into the cache's stretches. */
import type { KeyValueCache } from "./cache.ts";
import type { ChunkResults, Given, GroupCache, Growing } from "./group-cache.ts";
import { checkLatest, writing } from "./life.ts";

const growingOf = ({ backend, extended, length }: KeyValueCache, own: GroupCache): Growing => ({
  ...{ ...own, backend, extended, length },
  settledBefore: own.settled,
});

/** How many tokens more make the next ones of any group settle; Infinity where none ever does. */
export const untilSettling = (cache: KeyValueCache): number =>
  Math.min(...cache.groups.flatMap((own) => own.stretches.map((held) => held.rule.lasts(growingOf(cache, own), held))));

/** From the oldest to the newest: what leaves a stretch is taken out of it before its place is filled anew. */
const appendedGroup = (cache: Growing, given: Given): GroupCache => {
  const { group, settled, stretches } = cache.stretches.reduce(
    (growing, { rule }, at) => rule.append(growing, at, given),
    cache,
  );
  return { group, settled, stretches };
};

const appended = (cache: KeyValueCache, ids: readonly number[], chunk: ChunkResults): KeyValueCache => {
  const given: Given = { ...chunk, tokens: ids.length };
  const groups = cache.groups.map((own) => appendedGroup(growingOf(cache, own), given));
  return { ...cache, groups, length: cache.length + ids.length, ids: [...cache.ids, ...ids] };
};

/** As `appendToCache`, inside of a run, for the first tokens of a chunk or all of them. */
export const append = (cache: KeyValueCache, ids: readonly number[], chunk: ChunkResults): KeyValueCache =>
  writing(cache, () => appended(cache, ids, chunk));

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
  return append(cache, ids, { results, rows: ids.length });
};

/** The cache with all settled that waited for a fork to end, if any of it does. */
export const settleWaiting = (cache: KeyValueCache): KeyValueCache =>
  untilSettling(cache) > 0 ? cache : append(cache, [], { results: {}, rows: 0 });
