/**
 * The key-value cache: state that is passed in and handed out, held where the backend computes.
 *
 * Layers that attend alike are a group, which keeps what its `cacheLayout` says: stretches of tokens, every part of them
 * [numKvHeads, tokens, headDim], each head in one run, the form that is fastest to read. Of s tokens already run and a window W:
 *
 *   settled     keys in their outermost rotation, and values, of tokens [0, settled), in the arrays of the cache's format
 *   tail        the same of the tokens behind them whose distance to every later query is at least W (any token, where there
 *               is one band): they wait until a step of them can settle
 *   ring        keys in every rotation, and values, of the last W tokens; under masks of all that may be seen
 *   ring-chunk  the same of one of the last few chunks, where positions go by chunks
 *
 * A token that leaves the window goes to the tail, and the tail to the settled part when it is a whole step. Under a bare window nothing
 * settles: the ring is all there is. How each keeps its tokens is a file of its own, `rules.ts` lists them.
 *
 * Nothing is rotated here. Buffers are overwritten in place: an older value of the cache, or a copy of one, is refused.
 */
import { bytesOfBuffer, type Memory } from "@ropewalk/backend";
import { checkKeys, positive } from "@ropewalk/check";
import { frequenciesFor } from "@ropewalk/context-extension";
import { cacheLayout, type ExtendedDecoder } from "@ropewalk/decoder";
import type { RopeFrequencies } from "@ropewalk/rope";
import { createLayer, layerBytes, type GroupCache, type HeldStretch } from "./group-cache.ts";
import { cacheMemory, checkLatest, writing, type CacheLife, type CacheMemory } from "./life.ts";
import { rules } from "./stretches/stretch-rules.ts";

export type KeyValueCache = {
  readonly backend: CacheMemory;
  readonly life: CacheLife<KeyValueCache>;
  readonly extended: ExtendedDecoder;
  /** Tokens that the run is planned for, and the frequencies that each group's keys are rotated with for that. */
  readonly planned: number;
  readonly frequencies: readonly (RopeFrequencies | undefined)[];
  /** Tokens run so far, and which they were. */
  readonly length: number;
  readonly ids: readonly number[];
  /** The graph's outputs that are appended. */
  readonly appended: readonly string[];
  /** As `extended` has them. */
  readonly groups: readonly GroupCache[];
};

/** How many tokens a run is planned to have. More are made room for when they come. */
export type CachePlan = { readonly length: number };

type Empty = Omit<KeyValueCache, "life">;

/** A plan, and the room of each stretch where it is to be another than the usual one. */
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
      ...{ stretch, rule, room },
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
    ...{ backend, extended, groups, length: 0, ids: [] },
    appended: [...new Set(heldParts(groups).map(({ output }) => output))],
    ...{ planned: plan.length, frequencies: frequenciesFor(extended, plan.length) },
  };
};

/** A cache by a plan, with what `begin` makes of the empty one. */
export const roomyCache = (
  backend: Memory,
  extended: ExtendedDecoder,
  plan: RoomyPlan,
  begin: (empty: Empty) => Empty = (empty) => empty,
): KeyValueCache => {
  const memory = cacheMemory(backend);
  try {
    const life = { state: "ready" } as CacheLife<KeyValueCache>;
    life.latest = { ...begin(emptyCache(memory, extended, plan)), life };
    return life.latest;
  } catch (error) {
    memory.freeAll();
    throw error;
  }
};

/**
 * An empty cache.
 *
 * @throws TypeError or RangeError of the backend where its memory does not allow it; nothing is held then
 */
export const createCache = (backend: Memory, extended: ExtendedDecoder, plan: CachePlan): KeyValueCache => {
  checkKeys("createCache", "plan", plan, { length: positive });
  return roomyCache(backend, extended, plan);
};

/** An empty cache of another length in its place: what it held is given back first. */
export const replaceCache = (cache: KeyValueCache, plan: CachePlan): KeyValueCache =>
  writing(cache, () => {
    cache.backend.freeAll();
    return { ...emptyCache(cache.backend, cache.extended, plan), life: cache.life };
  });

/** Bytes of a cache planned so. */
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
 * The same cache without a token: its memory serves another prompt of the planned length.
 *
 * @throws TypeError unless it is the value that was handed out last
 */
export const resetCache = (cache: KeyValueCache): KeyValueCache => {
  checkLatest("resetCache", cache);
  return writing(cache, () => ({
    ...{ ...cache, length: 0, ids: [] },
    groups: cache.groups.map((group) => ({ ...group, settled: 0 })),
  }));
};

/** Gives all memory of a cache back, whichever of its values is given; doing so again is fine. */
export const releaseCache = ({ backend, life }: KeyValueCache): void => {
  life.state = "released";
  backend.freeAll();
};

/** Bytes that the cache holds, all layers. */
export const cacheBytes = ({ groups }: Pick<KeyValueCache, "groups">): number =>
  heldParts(groups)
    .flatMap(({ buffers }) => buffers)
    .map(bytesOfBuffer)
    .reduce((sum, bytes) => sum + bytes, 0);
