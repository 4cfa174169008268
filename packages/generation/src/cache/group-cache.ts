/**
 * The cache of the layers of one group: the stretches of its layout, each with the buffers of every layer, and with the rule by which it
 * is filled and read.
 */
import { bytesOfBuffer, type TensorBuffer, type Memory, type Tensor } from "@ropewalk/backend";
import type { ExtendedGroup } from "@ropewalk/context-extension";
import type { CachePart, CacheStretch, ExtendedDecoder, PartArray, SlotRun } from "@ropewalk/decoder";
import type { CacheMemory } from "./cache-life.ts";

/** A part of one layer: its buffers, and its names in the graph. */
export type HeldPart = {
  readonly part: CachePart;
  readonly output: string;
  /** The names of the inputs of each reading, one for each array. */
  readonly inputs: readonly (readonly string[])[];
  /** In the order of the part's arrays. */
  readonly buffers: readonly TensorBuffer[];
};

export type HeldLayer = readonly HeldPart[];

export type HeldStretch = {
  readonly stretch: CacheStretch;
  readonly rule: StretchRule;
  /** How many tokens fit. */
  readonly room: number;
  /** In the order of the group's layers. */
  readonly layers: readonly HeldLayer[];
  /** Fed in place of any layer's arrays while no token is in use: zeros, as few as can be read. */
  readonly standIn: HeldLayer;
};

export type GroupCache = {
  readonly group: ExtendedGroup;
  /** Tokens that have settled. */
  readonly settled: number;
  readonly stretches: readonly HeldStretch[];
};

/** The results of the graph for a chunk. */
export type ChunkResults = {
  readonly results: Readonly<Record<string, Tensor>>;
  /** Tokens of the chunk: every result has a row for each. */
  readonly rows: number;
};

/** The results of a chunk, of which the first `tokens` rows are appended. */
export type Given = ChunkResults & { readonly tokens: number };

/** How far a group has come: of `length` tokens, `settled` have settled. */
export type Standing = Pick<GroupCache, "group" | "settled"> & { readonly length: number };

/** A group while a chunk is appended to it, with the fields of the cache that this needs. */
export type Growing = GroupCache & {
  readonly backend: CacheMemory;
  readonly extended: ExtendedDecoder;
  /** The number of tokens before the chunk, and how many of them had settled. */
  readonly length: number;
  readonly settledBefore: number;
};

/** How a stretch keeps its tokens. */
export type StretchRule = {
  /** Room in tokens for a run that is planned to be `length` long. */
  readonly room: (group: Pick<ExtendedGroup, "attentionPath">, stretch: CacheStretch, length: number) => number;
  /** How many places the next chunk reads, unused ones included. 0 where the stretch has no token. */
  readonly read: (cache: GroupCache, held: HeldStretch, length: number) => number;
  /** Where its tokens end. They begin where those of the stretch before end. */
  readonly end: (cache: Standing, stretch: CacheStretch) => number;
  /** The places of its tokens [from, to). */
  readonly runs: (cache: Standing, from: number, to: number) => readonly SlotRun[];
  /** Appends a chunk to stretch `at` of the group. The stretches of older tokens have been filled before. */
  readonly append: (cache: Growing, at: number, given: Given) => Growing;
  /** How many more tokens can come before tokens of this stretch settle. */
  readonly lasts: (cache: Growing, held: HeldStretch) => number;
  /** Whether a fork shares its arrays until one of the two has to write to them, or copies them. */
  readonly forked: "shared" | "copied";
};

/** Elements of an array with room for `tokens`. */
const elements = (heads: number, { per, width }: PartArray, tokens: number): number =>
  heads * (per === "head" ? 1 : tokens) * width;

/** Allocates room for `tokens` of one layer. */
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

/** Bytes that room for `tokens` takes in one layer. */
export const layerBytes = (
  { numKvHeads }: ExtendedDecoder["decoder"],
  { parts }: CacheStretch,
  tokens: number,
): number =>
  parts
    .flatMap(({ arrays }) => arrays)
    .map((array) => bytesOfBuffer({ type: array.type, length: elements(numKvHeads, array, tokens) }))
    .reduce((sum, bytes) => sum + bytes, 0);

/** The stretch with each of its buffers replaced by what `other` gives for it. */
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

/** The stretch with room for `room` tokens, in arrays of its own. `copy` brings the old contents over. */
export const roomier = (
  { backend, extended }: Growing,
  held: HeldStretch,
  room: number,
  copy: (from: TensorBuffer, to: TensorBuffer, array: PartArray) => void,
): HeldStretch => ({
  ...inArrays(held, (buffer, array) => {
    // An array with one entry for each head has the same size whatever the room.
    if (array.per === "head" && !backend.isShared(buffer)) return buffer;
    const next = backend.allocate(elements(extended.decoder.numKvHeads, array, room), array.type);
    copy(buffer, next, array);
    backend.free(buffer);
    return next;
  }),
  room,
});

/** Copies the first `length` elements of one buffer to another. */
export const copyFirst = (from: TensorBuffer, to: TensorBuffer, length: number): void => {
  if (length > 0) to.write(from, { from: 0, fromStride: 0, to: 0, toStride: 0, length, count: 1 });
};

/** The group with its stretch at `at` replaced. */
export const withStretch = (cache: Growing, at: number, held: HeldStretch): Growing => ({
  ...cache,
  stretches: cache.stretches.with(at, held),
});
