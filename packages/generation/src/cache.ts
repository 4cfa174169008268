/**
 * The key-value cache: state that is passed in and handed out, held where the backend computes.
 *
 * Layers that attend alike are a group, with rooms of its own. Per layer, in tokens s already run and a window W, every part [numKvHeads, tokens, headDim], each head in one run, the
 * form that is fastest to read:
 *
 *   settled  keys in their outermost rotation, and values, of tokens [0, settled); as large as it is full. In 8 bits if so
 *            asked; everything else is float32 then. In float16 if so asked, as everything else is then
 *   tail     the same of the tokens behind them whose distance to every later query is at least W (any token, where there
 *            is one band): they wait for a block of their kind. Fixed room; a mask hides what is not in use
 *   ring     keys in every rotation, and values, of the last W tokens, token t in slot t mod W. Order does not matter to
 *            attention, since a key is rotated to its place; a mask says which slot is seen. Where bands are neither near and far
 *            nor a window, it is all there is, and has a slot for every token that may be seen again: it grows, or where that are the
 *            first and the last few, holds the first in the first slots and the last around the rest. Where positions go by chunks of
 *            tokens there is a ring for each of the last few, which they take in turn, and none goes around
 *
 * A token that leaves the window goes to the tail, and the tail to the settled part when it is a block: laying out the heads
 * anew then costs a small part of what was read in between. Under a bare window nothing settles: the ring is all there is.
 *
 * Nothing is rotated here. Buffers are overwritten in place: an older value of the cache, or a copy of one, is refused.
 */
import { bytesOfBuffer, type Buffer, type Memory } from "@ropewalk/backend";
import { checkKeys, positive } from "@ropewalk/check";
import { frequenciesFor, settles, type ExtendedGroup } from "@ropewalk/context-extension";
import { cacheFormatOf, farFrom, keptRotations, outputs, ringSlots, type ExtendedDecoder } from "@ropewalk/decoder";
import type { RopeFrequencies } from "@ropewalk/rope";
import { cacheMemory, checkLatest, writing, type CacheLife, type CacheMemory } from "./cache-life.ts";
import { createSettled, settledBuffers, settledBytes, settleable, type Settled } from "./settled.ts";

/** Keys in their outermost rotation, and values. */
export type HeadBuffers = { readonly keys: Buffer; readonly values: Buffer };

/** Keys by the rotations that are kept: of each band of the mapping, near to far, once for bands that share one. */
export type Ring = { readonly keys: readonly Buffer[]; readonly values: Buffer };

export type LayerCache = {
  readonly settled: Settled;
  readonly tail: HeadBuffers;
  /** One, but where positions go by chunks. */
  readonly rings: readonly Ring[];
};

/** How many tokens each part has room for, and how many rings of such a room there are. */
export type Rooms = {
  readonly settledRoom: number;
  readonly tailRoom: number;
  readonly ringRoom: number;
  readonly rings: number;
};

/** The cache of the layers of one group. */
export type GroupCache = Rooms & {
  readonly group: ExtendedGroup;
  /** Tokens in the settled part. */
  readonly settled: number;
  /** In the order of the group's layers. */
  readonly layers: readonly LayerCache[];
  /** What is fed while nothing has settled: zeros. */
  readonly standIn: Settled;
  /** The same in place of a part that has no token in use. */
  readonly recentStandIn: Buffer;
};

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

/** Tokens settle at least this many at a time. */
export const settleBlock = 128;

/** Elements of one token's keys (or values) in one layer. */
export const rowSize = ({ extended: { decoder } }: Pick<KeyValueCache, "extended">): number =>
  decoder.numKvHeads * decoder.headDim;

const buffersOf = ({ settled, tail, rings }: LayerCache): readonly Buffer[] => [
  ...settledBuffers(settled),
  ...[tail.keys, tail.values],
  ...rings.flatMap(({ keys, values }) => [...keys, values]),
];

const appendedOutputs = ({ groups }: ExtendedDecoder): readonly string[] =>
  groups.flatMap((group) =>
    group.layers.flatMap((layer) => [
      ...keptRotations(group).map((_, rotation) => outputs.newKeys(layer, rotation)),
      outputs.newValues(layer),
    ]),
  );

/** How many tokens a run is planned to have. More are made room for when they come. */
export type CachePlan = { readonly length: number };

/**
 * Room for `tokens` in a ring, or for all its slots where these are fewer; in whole blocks where products take such, whose
 * last places are behind the mask as all slots are that are not in use.
 */
export const ringRoomFor = (extended: ExtendedDecoder, { layout }: ExtendedGroup, tokens: number): number => {
  const { step } = cacheFormatOf(extended).recent;
  const slots = layout.kind === "chunked" ? layout.chunkLen : ringSlots(layout);
  return Math.ceil(Math.min(slots, tokens) / step) * step;
};

/** How many rings `tokens` take. */
export const ringsFor = ({ layout }: ExtendedGroup, tokens: number): number =>
  layout.kind === "chunked" ? Math.min(layout.ringChunks, Math.ceil(tokens / layout.chunkLen)) : 1;

/** A ring with room for `tokens` in each rotation that is kept. */
export const createRing = (
  { backend, extended }: Pick<KeyValueCache, "backend" | "extended">,
  group: ExtendedGroup,
  tokens: number,
): Ring => {
  const room = (): Buffer => backend.allocate(tokens * rowSize({ extended }), cacheFormatOf(extended).recent.type);
  return { keys: keptRotations(group).map(room), values: room() };
};

const roomsFor = (extended: ExtendedDecoder, group: ExtendedGroup, { length }: CachePlan): Rooms => ({
  settledRoom: settles(group) ? settleable(extended, farFrom(group.layout, length)) : 0,
  tailRoom: settles(group) ? settleBlock : 0,
  ringRoom: ringRoomFor(extended, group, length),
  rings: ringsFor(group, length),
});

type Empty = Omit<KeyValueCache, "life">;

const emptyGroup = (
  backend: CacheMemory,
  extended: ExtendedDecoder,
  group: ExtendedGroup,
  plan: CachePlan,
): GroupCache => {
  const rooms = roomsFor(extended, group, plan);
  const format = cacheFormatOf(extended);
  const room = (tokens: number): Buffer => backend.allocate(tokens * rowSize({ extended }), format.recent.type);
  const layers = group.layers.map((): LayerCache => ({
    settled: createSettled(backend, extended, rooms.settledRoom),
    tail: { keys: room(rooms.tailRoom), values: room(rooms.tailRoom) },
    rings: Array.from({ length: rooms.rings }, () => createRing({ backend, extended }, group, rooms.ringRoom)),
  }));
  const standIn = createSettled(backend, extended, format.step);
  return { group, settled: 0, ...rooms, layers, standIn, recentStandIn: room(format.recent.step) };
};

const emptyCache = (backend: CacheMemory, extended: ExtendedDecoder, plan: CachePlan): Empty => ({
  ...{ backend, extended, appended: appendedOutputs(extended) },
  ...{ planned: plan.length, frequencies: frequenciesFor(extended, plan.length), length: 0, ids: [] },
  groups: extended.groups.map((group) => emptyGroup(backend, extended, group, plan)),
});

/**
 * An empty cache.
 *
 * @throws TypeError or RangeError of the backend where its memory does not allow it; nothing is held then
 */
export const createCache = (backend: Memory, extended: ExtendedDecoder, plan: CachePlan): KeyValueCache => {
  checkKeys("createCache", "plan", plan, { length: positive });
  const memory = cacheMemory(backend);
  try {
    const empty = emptyCache(memory, extended, plan);
    const life = { state: "ready" } as CacheLife<KeyValueCache>;
    life.latest = { ...empty, life };
    return life.latest;
  } catch (error) {
    memory.freeAll();
    throw error;
  }
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
    .map((group) => {
      const { settledRoom, tailRoom, ringRoom, rings } = roomsFor(extended, group, plan);
      const rows = 2 * tailRoom + (keptRotations(group).length + 1) * ringRoom * rings;
      const recent = bytesOfBuffer({ type: cacheFormatOf(extended).recent.type, length: rowSize({ extended }) * rows });
      return group.layers.length * (settledBytes(extended, settledRoom) + recent);
    })
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
  groups
    .flatMap(({ layers }) => layers.flatMap(buffersOf))
    .map(bytesOfBuffer)
    .reduce((sum, bytes) => sum + bytes, 0);
