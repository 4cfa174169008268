/**
 * Another cache with the same tokens. Settled tokens are shared, and their holders are counted. Tokens whose arrays may be written to, the
 * last ones and those that wait to settle, are copied. With a window W:
 *
 *   copied   W tokens and those that wait to settle, fewer than a step; under masks all tokens that are kept
 *   shared   all other tokens
 *
 * Both caches may go on from there and be released, in any order. Nobody writes to arrays while they are shared: see `settled.ts`.
 */
import { withFields, type KeyValueCache } from "./cache.ts";
import { copyFirst, inArrays, type GroupCache, type HeldStretch } from "./group-cache.ts";
import { tokenLog } from "./token-log.ts";
import { cacheMemory, checkLatest, type CacheLife, type CacheMemory } from "./cache-life.ts";

const forkedStretch = (from: CacheMemory, memory: CacheMemory, held: HeldStretch): HeldStretch => {
  const shared = (each: HeldStretch): HeldStretch => inArrays(each, (buffer) => memory.adopt(buffer, from));
  // Stand-ins are never written to.
  const { layers } = shared({ ...held, layers: [held.standIn] });
  const standIn = layers[0]!;
  if (held.rule.forked === "shared") return { ...shared(held), standIn };
  const copied = inArrays(held, (buffer) => {
    const copy = memory.allocate(buffer.length, buffer.type);
    copyFirst(buffer, copy, buffer.length);
    return copy;
  });
  return { ...copied, standIn };
};

/**
 * Makes another cache with the same tokens.
 *
 * @throws TypeError unless the cache is the value that was handed out last; RangeError of the backend where there is not enough memory:
 *   nothing is held then
 */
export const forkCache = (cache: KeyValueCache): KeyValueCache => {
  checkLatest("forkCache", cache);
  const { backend: from } = cache;
  const memory = cacheMemory(from.source);
  try {
    const groups = cache.groups.map((own): GroupCache => ({
      ...own,
      stretches: own.stretches.map((held) => forkedStretch(from, memory, held)),
    }));
    const life = { state: "ready" } as CacheLife<KeyValueCache>;
    life.latest = withFields(cache, { backend: memory, groups, life, tokens: tokenLog(cache.ids) });
    return life.latest;
  } catch (error) {
    memory.freeAll();
    throw error;
  }
};
