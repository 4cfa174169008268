/**
 * The cache of the layers of one group: the stretches of its layout, each with the buffers of every layer, and the rule that it is
 * filled and read by.
 */
import { bytesOfBuffer, type TensorBuffer, type Memory, type Tensor } from "@ropewalk/backend";
import type { ExtendedGroup } from "@ropewalk/context-extension";
import type { CachePart, CacheStretch, ExtendedDecoder, PartArray, SlotRun } from "@ropewalk/decoder";
import type { CacheMemory } from "./life.ts";

/** A part of one layer, with its names in the graph. */
export type HeldPart = {
  readonly part: CachePart;
  readonly output: string;
  /** The inputs that each reading has its arrays by. */
  readonly inputs: readonly (readonly string[])[];
  /** Of its arrays, in their order. */
  readonly buffers: readonly TensorBuffer[];
};

export type HeldLayer = readonly HeldPart[];

export type HeldStretch = {
  readonly stretch: CacheStretch;
  readonly rule: StretchRule;
  /** In tokens. */
  readonly room: number;
  /** In the order of the group's layers. */
  readonly layers: readonly HeldLayer[];
  /** What is fed in place of any layer's while no token is in use: zeros, as few as can be read. */
  readonly standIn: HeldLayer;
};

export type GroupCache = {
  readonly group: ExtendedGroup;
  /** Tokens that have settled. */
  readonly settled: number;
  readonly stretches: readonly HeldStretch[];
};

/** What the graph gave for a chunk. */
export type ChunkResults = {
  readonly results: Readonly<Record<string, Tensor>>;
  /** Its tokens, a row of every result each. */
  readonly rows: number;
};

/** What of that is taken: the first `tokens` of the chunk's. */
export type Given = ChunkResults & { readonly tokens: number };

/** How far a group has come: of `length` tokens so many have settled. */
export type Standing = Pick<GroupCache, "group" | "settled"> & { readonly length: number };

/** A group of a cache on its way to the next, with what of the cache it needs. */
export type Growing = GroupCache & {
  readonly backend: CacheMemory;
  readonly extended: ExtendedDecoder;
  /** Tokens before the chunk, and how many of them had settled. */
  readonly length: number;
  readonly settledBefore: number;
};

/** How a stretch keeps its tokens. */
export type StretchRule = {
  /** Room in tokens for a run that is planned to be `length` long. */
  readonly room: (group: Pick<ExtendedGroup, "attentionPath">, stretch: CacheStretch, length: number) => number;
  /** How many tokens the next chunk reads of it, places that are not in use among them; 0: it has none. */
  readonly read: (cache: GroupCache, held: HeldStretch, length: number) => number;
  /** Its tokens end here; they begin where those of the stretch before end. */
  readonly end: (cache: Standing, stretch: CacheStretch) => number;
  /** Where its tokens [from, to) lie. */
  readonly runs: (cache: Standing, from: number, to: number) => readonly SlotRun[];
  /** The group when stretch `at` has taken what it keeps of a chunk. Those of older tokens have taken theirs, and say so if it shows. */
  readonly append: (cache: Growing, at: number, given: Given) => Growing;
  /** How many tokens more leave what it has as it is, but for what a chunk reads itself. */
  readonly lasts: (cache: Growing, held: HeldStretch) => number;
  /** What a fork has of it: the same arrays, until one of them has to write to them, or a copy. */
  readonly forked: "shared" | "copied";
};

/** Elements of an array with room for so many tokens. */
const elements = (heads: number, { per, width }: PartArray, tokens: number): number =>
  heads * (per === "head" ? 1 : tokens) * width;

/** Room for `tokens` of layer `layer`. */
export const createLayer = (
  backend: Memory,
  { numKvHeads }: ExtendedDecoder["decoder"],
  { parts }: CacheStretch,
  layer: number,
  tokens: number,
): HeldLayer =>
  parts.map((part) => ({
    part,
    output: part.output(layer),
    inputs: part.readings.map(({ names }) => names(layer)),
    buffers: part.arrays.map((array) => backend.allocate(elements(numKvHeads, array, tokens), array.type)),
  }));

/** Bytes of room for `tokens` of one layer. */
export const layerBytes = (
  { numKvHeads }: ExtendedDecoder["decoder"],
  { parts }: CacheStretch,
  tokens: number,
): number =>
  parts
    .flatMap(({ arrays }) => arrays)
    .map((array) => bytesOfBuffer({ type: array.type, length: elements(numKvHeads, array, tokens) }))
    .reduce((sum, bytes) => sum + bytes, 0);

/** The stretch in arrays that `other` gives for its own. */
export const inArrays = (
  held: HeldStretch,
  other: (buffer: TensorBuffer, array: PartArray) => TensorBuffer,
): HeldStretch => ({
  ...held,
  layers: held.layers.map((layer) =>
    layer.map((each) => ({
      ...each,
      buffers: each.buffers.map((buffer, index) => other(buffer, each.part.arrays[index]!)),
    })),
  ),
});

/** The stretch with room for `room` tokens in arrays of its own, what was in it brought over by `copy`. */
export const roomier = (
  { backend, extended }: Growing,
  held: HeldStretch,
  room: number,
  copy: (from: TensorBuffer, to: TensorBuffer, array: PartArray) => void,
): HeldStretch => ({
  ...inArrays(held, (buffer, array) => {
    // Of one size in any room.
    if (array.per === "head" && !backend.isShared(buffer)) return buffer;
    const next = backend.allocate(elements(extended.decoder.numKvHeads, array, room), array.type);
    copy(buffer, next, array);
    backend.free(buffer);
    return next;
  }),
  room,
});

/** The first `length` elements of one array in another. */
export const copyFirst = (from: TensorBuffer, to: TensorBuffer, length: number): void => {
  if (length > 0) to.write(from, { from: 0, fromStride: 0, to: 0, toStride: 0, length, count: 1 });
};

/** The group with another stretch in place of the one at `at`. */
export const withStretch = (cache: Growing, at: number, held: HeldStretch): Growing => ({
  ...cache,
  stretches: cache.stretches.with(at, held),
});
