/**
 * The key-value cache: state that is passed in and handed out, held where the backend computes.
 *
 * Layers that attend alike are a group. A group keeps the stretches of tokens that its layout lists. Every part of a stretch is
 * [numKvHeads, tokens, headDim], each head in one piece, which is the fastest form to read. With a window W the stretches are:
 *
 *   settled     tokens [0, settled): keys in their outermost rotation, and values, in the arrays of the cache's format
 *   tail        the tokens after them whose distance to every later query is at least W (any token, where there is one band):
 *               the same keys and values. They wait until a whole step of them can settle
 *   ring        the last W tokens, or under masks every token that may still be seen: keys in every rotation, and values
 *   ring-chunk  one of the last few chunks, where positions go by chunks: keys in every rotation, and values
 *
 * A token that leaves the window goes to the tail. When the tail holds a whole step, that step settles. Under a bare window nothing settles:
 * there is only the ring. Each kind of stretch has a file of its own in `stretches/`, and `stretch-rules.ts` lists them.
 *
 * Nothing is rotated here. Buffers are overwritten in place, so an older value of the cache, or a copy of one, is refused.
 */
import { bytesOfBuffer, type Memory } from "@ropewalk/backend";
import { checkKeys, positive } from "@ropewalk/check";
import { frequenciesFor } from "@ropewalk/context-extension";
import { cacheLayout, type ExtendedDecoder } from "@ropewalk/decoder";
import type { RopeFrequencies } from "@ropewalk/rope";
import { createLayer, layerBytes, type GroupCache, type HeldStretch } from "./group-cache.ts";
import { idsOfLog, tokenLog, type TokenLog } from "./token-log.ts";
import { cacheMemory, checkLatest, writing, type CacheLife, type CacheMemory } from "./cache-life.ts";
import { rules } from "./stretches/stretch-rules.ts";

export type KeyValueCache = {
  readonly backend: CacheMemory;
  readonly life: CacheLife<KeyValueCache>;
  readonly extended: ExtendedDecoder;
  /** The length that the run is planned for, and the frequencies for that length that each group's keys are rotated with. */
  readonly planned: number;
  readonly frequencies: readonly (RopeFrequencies | undefined)[];
  /** The number of tokens run so far, and their ids. */
  readonly length: number;
  readonly ids: readonly number[];
  /** The same ids as the cache keeps them; `ids` is made of them when it is first read. */
  readonly tokens: TokenLog;
  /** The graph's outputs that are put into the cache. */
  readonly appended: readonly string[];
  /** In the order of `extended.groups`. */
  readonly groups: readonly GroupCache[];
};

/** How many tokens a run is planned to have. Room for more tokens is made when they come. */
export type CachePlan = { readonly length: number };

type CacheFields = Omit<KeyValueCache, "ids">;

type Empty = Omit<CacheFields, "life">;

const cacheOf = (fields: CacheFields): KeyValueCache => {
  let ids: readonly number[] | undefined;
  return {
    ...fields,
    get ids() {
      ids ??= idsOfLog(fields.tokens);
      return ids;
    },
  };
};

/** The cache with other fields. A spread would make its list of ids, whose cost grows with every token. */
export const withFields = (cache: KeyValueCache, changed: Partial<CacheFields>): KeyValueCache => {
  const { backend, life, extended, planned, frequencies, length, tokens, appended, groups } = cache;
  return cacheOf({ backend, life, extended, planned, frequencies, length, tokens, appended, groups, ...changed });
};

/** A plan, with the room of a stretch where it differs from the usual room. */
type RoomyPlan = CachePlan & { readonly room?: (usual: number, place: number, stretch: number) => number };

const emptyGroup = (
  backend: CacheMemory,
  extended: ExtendedDecoder,
  place: number,
  { length, room: roomOf = (usual) => usual }: RoomyPlan,
): GroupCache => {
  const group = extended.groups[place]!;
  const stretches = cacheLayout(extended, place).stretches.map((stretch, at): HeldStretch => {
    const rule = rules[stretch.kind];
    const room = roomOf(rule.room(group, stretch, length), place, at);
    const layer = (index: number, tokens: number) => createLayer(backend, extended.decoder, stretch, index, tokens);
    const [first] = group.layers as readonly [number];
    return {
      stretch,
      rule,
      room,
      layers: group.layers.map((index) => layer(index, room)),
      standIn: layer(first, stretch.step),
    };
  });
  return { group, settled: 0, stretches };
};

const heldParts = (groups: readonly GroupCache[]) =>
  groups.flatMap(({ stretches }) => stretches.flatMap(({ layers }) => layers.flat()));

const emptyCache = (backend: CacheMemory, extended: ExtendedDecoder, plan: RoomyPlan): Empty => {
  const groups = extended.groups.map((_, place) => emptyGroup(backend, extended, place, plan));
  return {
    backend,
    extended,
    groups,
    length: 0,
    tokens: tokenLog([]),
    appended: [...new Set(heldParts(groups).map(({ output }) => output))],
    planned: plan.length,
    frequencies: frequenciesFor(extended, plan.length),
  };
};

/** A cache for a plan. `begin` may fill in the empty cache before it is handed out. */
export const roomyCache = (
  backend: Memory,
  extended: ExtendedDecoder,
  plan: RoomyPlan,
  begin: (empty: Empty) => Empty = (empty) => empty,
): KeyValueCache => {
  const memory = cacheMemory(backend);
  try {
    const life = { state: "ready" } as CacheLife<KeyValueCache>;
    life.latest = cacheOf({ ...begin(emptyCache(memory, extended, plan)), life });
    return life.latest;
  } catch (error) {
    memory.freeAll();
    throw error;
  }
};

/**
 * An empty cache.
 *
 * @throws TypeError or RangeError of the backend where there is not enough memory; nothing is held then
 */
export const createCache = (backend: Memory, extended: ExtendedDecoder, plan: CachePlan): KeyValueCache => {
  checkKeys("createCache", "plan", plan, { length: positive });
  return roomyCache(backend, extended, plan);
};

/** Replaces a cache by an empty one for another length. The memory of the old one is given back first. */
export const replaceCache = (cache: KeyValueCache, plan: CachePlan): KeyValueCache =>
  writing(cache, () => {
    cache.backend.freeAll();
    return cacheOf({ ...emptyCache(cache.backend, cache.extended, plan), life: cache.life });
  });

/** Bytes that a cache for this plan takes. */
export const plannedCacheBytes = (extended: ExtendedDecoder, plan: CachePlan): number => {
  checkKeys("plannedCacheBytes", "plan", plan, { length: positive });
  return extended.groups
    .flatMap((group, place) =>
      cacheLayout(extended, place).stretches.map((stretch) => {
        const room = rules[stretch.kind].room(group, stretch, plan.length);
        return group.layers.length * layerBytes(extended.decoder, stretch, room);
      }),
    )
    .reduce((sum, bytes) => sum + bytes, 0);
};

/**
 * Empties a cache: its memory serves another prompt of the planned length.
 *
 * @throws TypeError unless the cache is the value that was handed out last
 */
export const resetCache = (cache: KeyValueCache): KeyValueCache => {
  checkLatest("resetCache", cache);
  const groups = cache.groups.map((group) => ({ ...group, settled: 0 }));
  return writing(cache, () => withFields(cache, { groups, length: 0, tokens: tokenLog([]) }));
};

/** Gives all memory of a cache back. Any value of the cache will do, and calling it again is allowed. */
export const releaseCache = ({ backend, life }: KeyValueCache): void => {
  life.state = "released";
  backend.freeAll();
};

/** Bytes that the cache holds in all layers. */
export const cacheBytes = ({ groups }: Pick<KeyValueCache, "groups">): number =>
  heldParts(groups)
    .flatMap(({ buffers }) => buffers)
    .map(bytesOfBuffer)
    .reduce((sum, bytes) => sum + bytes, 0);
