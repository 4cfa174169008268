/** What a chunk leaves behind: its rotated keys and values, as the graph gave them, put into the cache's parts. */
import type { Buffer, Tensor } from "@ropewalk/backend";
import { settles } from "@ropewalk/context-extension";
import { farFrom, keptRotations, outputs, ringRuns, ringSlots, ringTokens } from "@ropewalk/decoder";
import {
  createRing,
  ringRoomFor,
  ringsFor,
  rowSize,
  settleBlock,
  type GroupCache,
  type KeyValueCache,
  type LayerCache,
  type Ring,
} from "./cache.ts";
import { checkLatest, writing } from "./cache-life.ts";
import { roomier, settleable, settleTokens, type Target } from "./settled.ts";

/** What the graph gave for a chunk of so many tokens. */
type Given = { readonly results: Readonly<Record<string, Tensor>>; readonly tokens: number };

/** A part [numKvHeads, tokens, headDim], in a buffer or as the graph gave it. */
type Part = { readonly part: Buffer | Tensor; readonly tokens: number };

/** Where tokens stand that are not in the tail or settled yet: those before the chunk in a ring, its own in the result. */
type Source = { readonly rings: readonly Part[]; readonly own: Part };

type Sizes = { readonly numKvHeads: number; readonly headDim: number };

/** One group of a cache on its way to the next: as it is, and what of the cache it needs. */
type Growing = GroupCache & Pick<KeyValueCache, "backend" | "extended" | "length">;

const sizesOf = ({ extended: { decoder } }: Pick<Growing, "extended">): Sizes => decoder;

/** The same tokens of every head, from one part to another. */
const copyHeads = (
  { numKvHeads, headDim }: Sizes,
  source: Part & { readonly from: number; readonly count: number },
  { buffer, tokens, at }: Target,
): void =>
  buffer.write(source.part, {
    from: source.from * headDim,
    fromStride: source.tokens * headDim,
    to: at * headDim,
    toStride: tokens * headDim,
    length: source.count * headDim,
    count: numKvHeads,
  });

/** Tokens [from, to), out of the ring and the chunk, to a place behind one another. */
const gather = (cache: Growing, { rings, own }: Source, from: number, to: number, target: Target): void => {
  const { length: start } = cache;
  const sizes = sizesOf(cache);
  let { at } = target;
  for (const { ring, slot, count } of ringRuns(cache.group.layout, from, Math.min(to, start))) {
    copyHeads(sizes, { ...rings[ring]!, from: slot, count }, { ...target, at });
    at += count;
  }
  const first = Math.max(from, start);
  if (to > first) copyHeads(sizes, { ...own, from: first - start, count: to - first }, { ...target, at });
};

/** Keys in their outermost rotation, and values: where those of the ring and those of the chunk lie. */
const outermost = ({ ringRoom, group }: Growing, { rings }: LayerCache, place: number, { results, tokens }: Given) => {
  const rotation = keptRotations(group).length - 1;
  const index = group.layers[place]!;
  const source = (bufferOf: (ring: Ring) => Buffer, output: string): Source => ({
    rings: rings.map((ring) => ({ part: bufferOf(ring), tokens: ringRoom })),
    own: { part: results[output]!, tokens },
  });
  return {
    keys: source(({ keys }) => keys[rotation]!, outputs.newKeys(index, rotation)),
    values: source(({ values }) => values, outputs.newValues(index)),
  };
};

/** Where the tail ends: every token before is beyond the window of all queries to come. */
const tailEnd = ({ group, length }: Growing): number => farFrom(group.layout, length);

/** Tokens that leave the window, up to `due`, wait in the tail. */
const extendTail = (cache: Growing, due: number, given: Given): void => {
  // Those that have just settled are waiting no more.
  const from = Math.max(tailEnd(cache), cache.settled);
  cache.layers.forEach((layer, index) => {
    const sources = outermost(cache, layer, index, given);
    for (const part of ["keys", "values"] as const)
      gather(cache, sources[part], from, due, {
        buffer: layer.tail[part],
        tokens: cache.tailRoom,
        at: from - cache.settled,
      });
  });
};

/** Settles what waits in the tail and what leaves the window, up to `total` tokens in all. */
const settle = (cache: Growing, total: number, given: Given): Growing => {
  const { backend, extended, settled, tailRoom } = cache;
  const settledRoom = total > cache.settledRoom ? Math.max(total, cache.settledRoom * 2) : cache.settledRoom;
  const end = tailEnd(cache);
  const layers = cache.layers.map((layer): LayerCache =>
    settledRoom === cache.settledRoom
      ? layer
      : { ...layer, settled: roomier(backend, extended, layer.settled, settledRoom) },
  );
  const parts = layers.map((layer) => layer.settled);
  settleTokens(cache, parts, [settled, total], (index, name, target) => {
    const layer = layers[index]!;
    const waiting = { part: layer.tail[name], tokens: tailRoom, from: 0, count: end - settled };
    if (waiting.count > 0) copyHeads(sizesOf(cache), waiting, target);
    const source = outermost(cache, layer, index, given)[name];
    gather(cache, source, end, total, { ...target, at: target.at + waiting.count });
  });
  return { ...cache, settled: total, settledRoom, layers };
};

/** Rings with room for `tokens`. One that grows has not wrapped yet: it wraps only once it has all its slots. */
const withRings = (cache: Growing, tokens: number): Growing => {
  const { backend, length, ringRoom: old, extended, group } = cache;
  const [room, rings] = [ringRoomFor(extended, group, tokens), ringsFor(group, tokens)];
  if (room <= old && rings <= cache.rings) return cache;
  const ringRoom = room <= old ? old : ringRoomFor(extended, group, Math.max(tokens, 2 * old));
  const wider = (buffer: Buffer): Buffer => {
    if (ringRoom === old) return buffer;
    const next = backend.allocate(ringRoom * rowSize(cache), buffer.type);
    const source = { part: buffer, tokens: old, from: 0, count: Math.min(length, old) };
    if (source.count > 0) copyHeads(sizesOf(cache), source, { buffer: next, tokens: ringRoom, at: 0 });
    backend.free(buffer);
    return next;
  };
  const layers = cache.layers.map((layer) => ({
    ...layer,
    rings: Array.from({ length: Math.max(rings, cache.rings) }, (_, at) => {
      const ring = layer.rings[at];
      return ring ? { keys: ring.keys.map(wider), values: wider(ring.values) } : createRing(cache, group, ringRoom);
    }),
  }));
  return { ...cache, ringRoom, rings: Math.max(rings, cache.rings), layers };
};

/** Puts the tokens of the chunk that are kept into their slots. */
const fillRings = (cache: Growing, end: number, { results, tokens: chunk }: Given): void => {
  const { length: start, ringRoom: tokens, group } = cache;
  const { layers, layout } = group;
  for (const kept of ringSlots(layout) === 0 ? [] : ringTokens(layout, start, end)) {
    let from = kept.from - start;
    for (const { ring: which, slot: at, count } of ringRuns(layout, kept.from, kept.to)) {
      const put = (buffer: Buffer, output: string): void =>
        copyHeads(sizesOf(cache), { part: results[output]!, tokens: chunk, from, count }, { buffer, tokens, at });
      cache.layers.forEach(({ rings }, place) => {
        const [index, ring] = [layers[place]!, rings[which]!];
        ring.keys.forEach((buffer, rotation) => put(buffer, outputs.newKeys(index, rotation)));
        put(ring.values, outputs.newValues(index));
      });
      from += count;
    }
  }
};

/** How many tokens more make the next ones of any group settle; Infinity where none ever does. */
export const untilSettling = ({ groups, length }: KeyValueCache): number =>
  Math.min(
    ...groups.map(({ group, settled }) => {
      // A chunk ends with the positions' own, and only there do any leave the ring.
      if (!settles(group) || group.layout.kind === "chunked") return Infinity;
      const near = "window" in group.layout ? group.layout.window - 1 : 0;
      return settled + settleBlock + near - length;
    }),
  );

const appendedGroup = (cache: Growing, given: Given): GroupCache => {
  const { extended, group } = cache;
  const length = cache.length + given.tokens;
  const due = farFrom(group.layout, length);
  const ripe = settles(group) && due - cache.settled >= settleBlock;
  // What leaves the window is taken out of the ring before its slots are filled anew.
  const settledNow = ripe ? settle(cache, settleable(extended, due), given) : cache;
  if (settles(group)) extendTail(settledNow, due, given);
  const ready = withRings(settledNow, length);
  fillRings(ready, length, given);
  const { settled, settledRoom, tailRoom, ringRoom, rings, layers, standIn, recentStandIn } = ready;
  return { group, settled, settledRoom, tailRoom, ringRoom, rings, layers, standIn, recentStandIn };
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
