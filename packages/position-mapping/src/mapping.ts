/**
 * A position mapping is a list of bands. For query i and key j at a distance i - j in [from, to):
 *
 *     rel(i, j) = query(i) - key(j)
 *
 * key(j) depends on j alone, so a key that is rotated once for a band can be cached for good.
 */

/** The distances `i - j` in `[from, to)`, in tokens, and the positions of query `i` and key `j` there. */
export type Band = {
  readonly from: number;
  readonly to: number;
  readonly query: (i: number) => number;
  readonly key: (j: number) => number;
};

/** Which relative position each pair of query and key gets. */
export type PositionMapping = {
  /** The method and its parameters, such as `SelfExtend(groupSize 8, window 64)`. */
  readonly name: string;
  /** Near to far. A distance that no band covers is not attended. */
  readonly bands: readonly Band[];
  /** How many distances the near band covers, in tokens; `Infinity` for plain. */
  readonly window: number;
  /**
   * The longest input, in tokens, whose relative positions all stay below `trainedContext`; may be
   * `Infinity`. Holds for a window of at most `trainedContext`: the function `capacity` checks that.
   */
  readonly capacity: (trainedContext: number) => number;
  /** Which parameters would fit `length` tokens, in words that end an error message. */
  readonly remedy: (trainedContext: number, length: number) => string;
};

/** The band in which every token keeps its own position: distances below `window`. */
export const near = (window: number): Band => ({
  from: 0,
  to: window,
  query: (i) => i,
  key: (j) => j,
});

/** That band, and one for every distance from `window` on. */
export const twoBands = (window: number, query: Band["query"], key: Band["key"]): readonly Band[] => [
  near(window),
  { from: window, to: Infinity, query, key },
];
