/** The cache as a graph's inputs: its parts as they lie, and a stand-in for each part that the chunk does not read. */
import { float32, int64, type Buffer, type Tensor } from "@ropewalk/backend";
import { settles } from "@ropewalk/context-extension";
import {
  cacheFormatOf,
  closed,
  farFrom,
  hasBand,
  inputs,
  ringChunks,
  ringSlots,
  type CacheWidths,
  type Chunk,
} from "@ropewalk/decoder";
import type { GroupCache, KeyValueCache } from "./cache.ts";
import { settledFeeds } from "./settled.ts";

/** How much of a group's cache the next chunk reads. A part without a token in use, as the tail of a fresh prompt, is left out. */
export const cacheWidths = (
  { group, settled, tailRoom, ringRoom }: GroupCache,
  { length }: Pick<KeyValueCache, "length">,
): CacheWidths => ({
  settled,
  tailLen: farFrom(group.layout, length) > settled ? tailRoom : 0,
  ringLen: length > 0 ? ringRoom : 0,
});

/** Everything that a chunk reads of the cache of the group at `place`. */
const groupFeeds = (
  cache: KeyValueCache,
  chunk: Chunk,
  own: GroupCache,
  place: number,
): Readonly<Record<string, Tensor>> => {
  const { extended } = cache;
  const { group } = own;
  const { numKvHeads, headDim } = extended.decoder;
  const { settled, tailLen, ringLen } = cacheWidths(own, cache);
  const format = cacheFormatOf(extended);
  const { step } = format.recent;
  const [standIn, farStandIn] = [step, 1].map((tokens) => own.recentStandIn.view(0, [numKvHeads, tokens, headDim]));
  const heads = (buffer: Buffer, tokens: number, instead = standIn!): Tensor =>
    tokens > 0 ? buffer.view(0, [numKvHeads, tokens, headDim]) : instead;
  const [settling, windowed] = [settles(group), ringSlots(group.layout) > 0];
  const isChunked = group.layout.kind === "chunked";
  const chunks = ringChunks(group.layout, chunk.start).map((of) => ({ ...of, len: of.tokens > 0 ? ringLen : 0 }));
  const ringLens = isChunked ? chunks.map(({ len }) => len) : windowed ? [ringLen] : [];
  const cached = [...(settling ? [tailLen] : []), ...ringLens];
  const lengths = [...cached.map((length) => Math.max(step, length)), chunk.length];
  const feeds: Record<string, Tensor> = { [inputs.recentLengths(place)]: int64([lengths.length], lengths) };
  if (settling) feeds[inputs.settledGate(place)] = float32([1], Float32Array.of(settled > 0 ? 0 : closed));
  const band = hasBand(group.layout, chunk);
  own.layers.forEach((layer, at) => {
    const index = group.layers[at]!;
    if (settling) {
      const part = settled > 0 ? layer.settled : own.standIn;
      Object.assign(feeds, settledFeeds(extended, part, index, settled || format.step));
      feeds[inputs.tailKeys(index)] = heads(layer.tail.keys, tailLen);
      feeds[inputs.tailValues(index)] = heads(layer.tail.values, tailLen);
    }
    if (!windowed) return;
    if (isChunked) {
      chunks.forEach(({ ring: which, len }, back) => {
        const { keys, values } = layer.rings[len > 0 ? which : 0]!;
        feeds[inputs.ringChunkKeys(index, back)] = heads(keys[0]!, len);
        feeds[inputs.ringChunkValues(index, back)] = heads(values, len);
      });
      return;
    }
    const last = layer.rings[0]!;
    feeds[inputs.ringValues(index)] = heads(last.values, ringLen);
    if (group.layout.kind === "masked") {
      last.keys.forEach((keys, rotation) => {
        feeds[inputs.ringKeys(index, rotation)] = heads(keys, ringLen);
      });
      return;
    }
    feeds[inputs.ringNearKeys(index)] = heads(last.keys[0]!, ringLen);
    // Without a band, as in decoding, no slot is far: one key stands for all of them, behind a closed mask.
    if (settling) feeds[inputs.ringFarKeys(index)] = heads(last.keys.at(-1)!, band ? ringLen : 0, farStandIn);
  });
  return feeds;
};

/** Everything that a chunk reads of the cache; the masks of its parts are made elsewhere. */
export const cacheFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> =>
  Object.assign({}, ...cache.groups.map((group, place) => groupFeeds(cache, chunk, group, place))) as Readonly<
    Record<string, Tensor>
  >;
