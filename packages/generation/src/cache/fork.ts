/**
 * Another cache with the same tokens. What has settled is shared, and counted; what may be written to, the last tokens and those that
 * wait, is copied: of n tokens and a window W
 *
 *   its own   W and those that wait to settle, fewer than a step; under masks all tokens that are kept
 *   shared    the others
 *
 * Either may go on from there and be released, in any order. While arrays are shared nobody writes to them: `settled.ts`.
 */
import type { KeyValueCache } from "./cache.ts";
import { copyFirst, inArrays, type GroupCache, type HeldStretch } from "./group-cache.ts";
import { cacheMemory, checkLatest, type CacheLife, type CacheMemory } from "./life.ts";

const forkedStretch = (from: CacheMemory, memory: CacheMemory, held: HeldStretch): HeldStretch => {
  const shared = (each: HeldStretch): HeldStretch => inArrays(each, (buffer) => memory.adopt(buffer, from));
  // Nobody ever writes to stand-ins.
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
 * A cache of its own with the tokens of another.
 *
 * @throws TypeError unless it is the value that was handed out last; RangeError of the backend where its memory does not allow it,
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
    life.latest = { ...cache, backend: memory, groups, life };
    return life.latest;
  } catch (error) {
    memory.freeAll();
    throw error;
  }
};
