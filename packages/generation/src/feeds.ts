/** The cache as a graph's inputs: its parts as they lie, and a stand-in for each part that the chunk does not read. */
import { float32, int64, type Buffer, type Tensor } from "@ropewalk/backend";
import { closed, hasBand, inputs, type Chunk } from "@ropewalk/decoder";
import { ringSlots, rowSize, settles, type KeyValueCache } from "./cache.ts";

/** Everything that a chunk reads of the cache; the masks of its parts are made elsewhere. */
export const cacheFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => {
  const { extended, settled, tailRoom, ringRoom } = cache;
  const { numKvHeads, headDim } = extended.decoder;
  const standIn = float32([numKvHeads, 1, headDim], new Float32Array(rowSize(cache)));
  const heads = (buffer: Buffer, tokens: number): Tensor =>
    tokens > 0 ? buffer.view(0, [numKvHeads, tokens, headDim]) : standIn;
  const [settling, windowed] = [settles(extended), ringSlots(extended) > 0];
  const lengths = [...(settling ? [tailRoom] : []), ...(windowed ? [ringRoom] : []), chunk.length];
  const feeds: Record<string, Tensor> = { [inputs.recentLengths]: int64([lengths.length], lengths) };
  if (settling) feeds[inputs.settledGate] = float32([1], Float32Array.of(settled > 0 ? 0 : closed));
  const band = hasBand(extended.layout, chunk);
  cache.layers.forEach((layer, index) => {
    if (settling) {
      feeds[inputs.settledKeys(index)] = heads(layer.settled.keys, settled);
      feeds[inputs.settledValues(index)] = heads(layer.settled.values, settled);
      feeds[inputs.tailKeys(index)] = heads(layer.tail.keys, tailRoom);
      feeds[inputs.tailValues(index)] = heads(layer.tail.values, tailRoom);
    }
    if (!windowed) return;
    feeds[inputs.ringNearKeys(index)] = heads(layer.ring.keys[0]!, ringRoom);
    feeds[inputs.ringValues(index)] = heads(layer.ring.values, ringRoom);
    // Without a band, as in decoding, no slot is far: one key stands for all of them, behind a closed mask.
    if (settling) feeds[inputs.ringFarKeys(index)] = heads(layer.ring.keys[1]!, band ? ringRoom : 0);
  });
  return feeds;
};
