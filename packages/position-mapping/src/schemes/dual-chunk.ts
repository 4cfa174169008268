/**
 * Dual chunk attention, arXiv 2402.17463: positions within chunks of c = chunkSize - localSize tokens. The key is at j mod c.
 * The position of the query depends on how many chunks it is ahead of the key, floor(i/c) - floor(j/c):
 *
 *     0:   i mod c
 *     1:   min(i mod c + c, chunkSize)        the nearest localSize tokens keep their distances
 *     2…:  min(2c - 1, chunkSize)
 *
 * The farthest position is min(2c - 1, chunkSize); inputs of fewer tokens reach N - 1:
 *
 *     capacity = Infinity where that is < L,   L otherwise
 */
import { checkConfig, checkNumber, positive } from "@ropewalk/check";
import { wouldFit } from "../fit.ts";
import type { BandByChunk, PositionMapping } from "../mapping.ts";

/**
 * Chunks of `chunkSize - localSize` tokens, positions up to `chunkSize`.
 *
 * @throws RangeError when chunkSize or localSize is not an integer >= 1, or localSize is not below chunkSize; TypeError when one
 * is not a number or a key is not known.
 */
export const dualChunk = (config: { readonly chunkSize: number; readonly localSize: number }): PositionMapping => {
  const { chunkSize, localSize } = checkConfig("dualChunk", config, { chunkSize: positive, localSize: positive });
  checkNumber("dualChunk", "localSize", localSize, localSize < chunkSize, `< chunkSize ${chunkSize}`);
  const chunkLen = chunkSize - localSize;
  const farthest = Math.min(2 * chunkLen - 1, chunkSize);
  const key = (j: number): number => j % chunkLen;
  const band = (from: number, to: number, query: BandByChunk["query"]): BandByChunk => ({
    chunkLen,
    from,
    to,
    query,
    key,
  });
  return {
    name: `DualChunk(chunkSize ${chunkSize}, localSize ${localSize})`,
    bands: [
      band(0, 1, key),
      band(1, 2, (i) => Math.min((i % chunkLen) + chunkLen, chunkSize)),
      band(2, Infinity, () => farthest),
    ],
    // For the first d queries of a chunk, the token d back is in the chunk before. Its distance is exact for localSize + 1 of them.
    window: Math.min(localSize + 1, chunkLen) + 1,
    capacity: (trainedContext) => (farthest < trainedContext ? Infinity : trainedContext),
    remedy: (trainedContext) =>
      wouldFit(trainedContext > 2 ? [`chunkSize ${trainedContext - 1} or less with a smaller localSize`] : []),
  };
};
