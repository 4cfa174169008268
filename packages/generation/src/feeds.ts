/** The cache as a graph's inputs: views of its stretches, and a closed stand-in for each stretch that is empty. */
import { float32, int64, type Buffer, type Tensor } from "@ropewalk/backend";
import { closed, inputs, rowsRead, type Chunk, type Range } from "@ropewalk/decoder";
import { rowSize, settles, type KeyValueCache } from "./cache.ts";

/**
 * Everything that a chunk reads of the cache.
 *
 * A stretch without tokens is fed as one zero token; its gate is closed here, its mask by the mask's maker.
 */
export const cacheFeeds = (cache: KeyValueCache, chunk: Chunk): Readonly<Record<string, Tensor>> => {
  const { extended, settled, base } = cache;
  const { numKvHeads, headDim } = extended.decoder;
  const { far, near } = rowsRead(extended.layout, chunk, settled);
  const size = rowSize(cache);
  const zeros = new Float32Array(size);
  const standIn = float32([1, numKvHeads, headDim], zeros);

  const rows = (buffer: Buffer, { from, to }: Range): Tensor =>
    to > from ? buffer.view((from - base) * size, [to - from, numKvHeads, headDim]) : standIn;
  const head = (buffer: Buffer): Tensor =>
    settled > 0 ? buffer.view(0, [numKvHeads, settled, headDim]) : float32([numKvHeads, 1, headDim], zeros);
  const lengths = [far, near].flatMap((range) => (range === undefined ? [] : [Math.max(1, range.to - range.from)]));
  const feeds: Record<string, Tensor> = {
    [inputs.recentLengths]: int64([lengths.length + 1], [...lengths, chunk.length]),
  };
  const settling = settles(extended);
  if (settling) feeds[inputs.settledGate] = float32([1], Float32Array.of(settled > 0 ? 0 : closed));
  cache.layers.forEach(({ settledKeys, settledValues, rowKeys, rowValues }, index) => {
    if (settling) {
      feeds[inputs.settledKeys(index)] = head(settledKeys);
      feeds[inputs.settledValues(index)] = head(settledValues);
    }
    if (far !== undefined) {
      feeds[inputs.farKeys(index)] = rows(rowKeys.at(-1)!, far);
      feeds[inputs.farValues(index)] = rows(rowValues, far);
    }
    if (near !== undefined) {
      feeds[inputs.nearKeys(index)] = rows(rowKeys[0]!, near);
      feeds[inputs.nearValues(index)] = rows(rowValues, near);
    }
  });
  return feeds;
};
