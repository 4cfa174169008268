/** Puts the rotated keys and values of a chunk, as the graph gave them, into the stretches of the cache. */
import { freeTensors } from "@ropewalk/backend";
import { withFields, type KeyValueCache } from "./cache.ts";
import type { ChunkResults, Given, GroupCache, Growing } from "./group-cache.ts";
import { appendToLog } from "./token-log.ts";
import { checkLatest, writing } from "./cache-life.ts";

const growingOf = ({ backend, extended, length }: KeyValueCache, own: GroupCache): Growing => ({
  ...own,
  backend,
  extended,
  length,
  settledBefore: own.settled,
});

/** How many more tokens can be appended before tokens of any group settle. Infinity where no token ever settles. */
export const untilSettling = (cache: KeyValueCache): number =>
  Math.min(...cache.groups.flatMap((own) => own.stretches.map((held) => held.rule.lasts(growingOf(cache, own), held))));

/** Stretches are filled from the oldest to the newest: tokens are taken out of a stretch before their places are filled again. */
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
  return withFields(cache, {
    groups,
    length: cache.length + ids.length,
    tokens: appendToLog(cache.tokens, ids),
  });
};

const appendRows = (cache: KeyValueCache, ids: readonly number[], chunk: ChunkResults): KeyValueCache =>
  writing(cache, () => appended(cache, ids, chunk));

/**
 * Appends the first tokens of a chunk, or all of them, inside a run. The rows that the graph gave are not read again: those of two or three
 * long chunks that wait to be collected would take more memory than all else that a chunk needs.
 */
export const append = (cache: KeyValueCache, ids: readonly number[], chunk: ChunkResults): KeyValueCache => {
  const next = appendRows(cache, ids, chunk);
  freeTensors(cache.appended.flatMap((output) => chunk.results[output] ?? []));
  return next;
};

/**
 * Appends a chunk: the cache with the rotated keys and values that the graph gave for these ids. They are copied, and stay the caller's.
 *
 * @throws TypeError unless the cache is the value that was handed out last
 */
export const appendToCache = (
  cache: KeyValueCache,
  ids: readonly number[],
  results: Given["results"],
): KeyValueCache => {
  checkLatest("appendToCache", cache);
  return appendRows(cache, ids, { results, rows: ids.length });
};

/** Settles the tokens that waited for a fork to be released, where there are any. */
export const settleWaiting = (cache: KeyValueCache): KeyValueCache =>
  untilSettling(cache) > 0 ? cache : append(cache, [], { results: {}, rows: 0 });
