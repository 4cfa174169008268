/**
 * A position mapping is a list of bands. For query i and key j <= i, by the band that covers the pair:
 *
 *     rel(i, j) = query(i) - key(j)
 *
 * key(j) depends on j alone, so a key that is rotated once for a band can be cached for good.
 */

type Positions = {
  /** The position of query `i`. */
  readonly query: (i: number) => number;
  /** The position of key `j`. Bands with the same function here share one rotated key. */
  readonly key: (j: number) => number;
};

/** A band of distances: it covers `i - j` in `[from, to)`, in tokens. */
export type BandByDistance = Positions & {
  readonly from: number;
  readonly to: number;
  readonly chunkLen?: undefined;
  readonly covers?: undefined;
};

/** A band of chunks of `chunkLen` tokens: it covers `floor(i / chunkLen) - floor(j / chunkLen)` in `[from, to)`, in chunks. */
export type BandByChunk = Positions & {
  readonly chunkLen: number;
  readonly from: number;
  readonly to: number;
  readonly covers?: undefined;
};

/** A band of any other rule. `covers` is called only with `j <= i`. */
export type BandByRule = Positions & {
  readonly covers: (i: number, j: number) => boolean;
  readonly from?: undefined;
  readonly to?: undefined;
  readonly chunkLen?: undefined;
};

/** Which pairs of query `i` and key `j` a band covers, and the positions that it gives them. */
export type Band = BandByDistance | BandByChunk | BandByRule;

/** Which relative position each pair of query and key gets. */
export type PositionMapping = {
  /** The method and its parameters, such as `SelfExtend(groupSize 8, window 64)`. */
  readonly name: string;
  /** Near to far, each pair in one band at most. A pair that no band covers is not attended. */
  readonly bands: readonly Band[];
  /** How many of the nearest distances keep their own positions, in tokens; `Infinity` for plain. */
  readonly window: number;
  /**
   * The longest input, in tokens, whose relative positions all stay below `trainedContext`; may be
   * `Infinity`. Holds for a window of at most `trainedContext`: the function `capacity` checks that.
   */
  readonly capacity: (trainedContext: number) => number;
  /**
   * The keys that a query sees: the first `first` of the input, and the last `last` up to the query itself. Other keys are not
   * kept in the cache. If absent, all keys are kept.
   */
  readonly seen?: { readonly first: number; readonly last: number };
  /** Which parameters would fit `length` tokens, in words that end an error message. */
  readonly remedy: (trainedContext: number, length: number) => string;
};

/** The band in which every token keeps its own position: distances below `window`. */
export const near = (window: number): BandByDistance => ({
  from: 0,
  to: window,
  query: (i) => i,
  key: (j) => j,
});

/** The near band, and one band for every distance from `window` on. */
export const twoBands = (
  window: number,
  query: Band["query"],
  key: Band["key"],
): readonly [BandByDistance, BandByDistance] => [near(window), { from: window, to: Infinity, query, key }];

/** Whether a band covers query `i` and key `j`; never a key after the query. Without `chunkLen`, chunks are of one token. */
export const covers = (band: Band, i: number, j: number): boolean => {
  const { chunkLen = 1 } = band;
  const distance = Math.floor(i / chunkLen) - Math.floor(j / chunkLen);
  return j <= i && (band.covers ? band.covers(i, j) : distance >= band.from && distance < band.to);
};
