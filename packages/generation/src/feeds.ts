/** The cache as a graph's inputs: views of its stretches, and a closed stand-in for each stretch that is empty. */
import { float32, int64, type Buffer, type Tensor } from "@ropewalk/backend";
import { closed, inputs, stretches, type Chunk } from "@ropewalk/decoder";
import { rowSize, settles, type KeyValueCache } from "./cache.ts";

/**
 * Everything that a chunk reads of the cache.
 *
 * A stretch without tokens is fed as one zero token and its gate is closed; a band's masks are closed by their maker.
 */
export const cacheFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => {
  const { extended, settled, base } = cache;
  const { layout, decoder } = extended;
  const { numKvHeads, headDim } = decoder;
  const { farEnd, bandEnd } = stretches(layout, chunk);
  const size = rowSize(cache);
  const zeros = new Float32Array(size);
  const standIn = float32([1, numKvHeads, headDim], zeros);

  const rows = (buffer: Buffer, from: number, to: number): Tensor =>
    to > from ? buffer.view((from - base) * size, [to - from, numKvHeads, headDim]) : standIn;
  const head = (buffer: Buffer): Tensor =>
    settled > 0 ? buffer.view(0, [numKvHeads, settled, headDim]) : float32([numKvHeads, 1, headDim], zeros);
  const gate = (length: number): Tensor => float32([1], Float32Array.of(length > 0 ? 0 : closed));
  const counted = (length: number): number => Math.max(1, length);

  const settling = settles(extended);
  const windowed = layout.kind !== "everything";
  const feeds: Record<string, Tensor> = {
    [inputs.recentLengths]: int64(
      [1 + (settling ? 1 : 0) + (windowed ? 2 : 0)],
      [
        ...(settling ? [counted(farEnd - settled)] : []),
        ...(windowed ? [counted(bandEnd - farEnd), counted(chunk.start - bandEnd)] : []),
        chunk.length,
      ],
    ),
  };
  if (settling) {
    feeds[inputs.settledGate] = gate(settled);
    feeds[inputs.tailGate] = gate(farEnd - settled);
  }
  if (windowed) feeds[inputs.nearGate] = gate(chunk.start - bandEnd);
  cache.layers.forEach(({ settledKeys, settledValues, rowKeys, rowValues }, index) => {
    if (settling) {
      feeds[inputs.settledKeys(index)] = head(settledKeys);
      feeds[inputs.settledValues(index)] = head(settledValues);
      feeds[inputs.tailKeys(index)] = rows(rowKeys.at(-1)!, settled, farEnd);
      feeds[inputs.tailValues(index)] = rows(rowValues, settled, farEnd);
    }
    if (windowed) {
      feeds[inputs.bandNearKeys(index)] = rows(rowKeys[0]!, farEnd, bandEnd);
      feeds[inputs.bandValues(index)] = rows(rowValues, farEnd, bandEnd);
      feeds[inputs.nearKeys(index)] = rows(rowKeys[0]!, bandEnd, chunk.start);
      feeds[inputs.nearValues(index)] = rows(rowValues, bandEnd, chunk.start);
    }
    if (layout.kind === "near-far") feeds[inputs.bandFarKeys(index)] = rows(rowKeys[1]!, farEnd, bandEnd);
  });
  return feeds;
};
