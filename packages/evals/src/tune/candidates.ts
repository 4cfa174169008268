/**
 * Which group sizes and windows are possible: those that hold `length` tokens on a window of L that the model was trained on.
 *
 *   capacity(G, W) ≥ length    for each W < L there is a least G; candidates are that one and some above it
 *
 * A small G keeps far positions close to what was trained. A large W leaves fewer positions for far tokens, and so needs a larger G. Which
 * pair is best must be measured. A G above the least one avoids the last positions of the trained window, which are trained least.
 */
import { check } from "@ropewalk/check";
import { capacity, largestWindow, selfExtend, smallestGroupSize } from "@ropewalk/position-mapping";

export type Candidate = {
  readonly groupSize: number;
  readonly window: number;
  /** Whether queries are scaled by the logarithm of their position, too. */
  readonly logN: boolean;
};

export type Fixed = { readonly groupSize?: number | undefined; readonly window?: number | undefined };

export type Space = {
  /** Ascending. */
  readonly windows: readonly number[];
  /** The group sizes of one window, ascending; the first is the least. */
  readonly groupSizes: (window: number) => readonly number[];
};

/** Windows are multiples of a sixteenth of the trained window. */
const steps = 16;

/** Group sizes, relative to the least one. */
const factors = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 6, 8] as const;

const distinct = (values: readonly number[]): readonly number[] => [...new Set(values)].toSorted((a, b) => a - b);

/** @throws RangeError when no G and W reach the length under the ones that are fixed */
export const searchSpace = (trainedContext: number, length: number, { groupSize, window }: Fixed): Space => {
  check(length > trainedContext, `tune: length must be more than the trained window of ${trainedContext}`, length);
  // A larger G may hold less: if G does not divide W, a part of the window is lost.
  const holds = (group: number, own: number): boolean =>
    own <= trainedContext && capacity(selfExtend({ groupSize: group, window: own }), trainedContext) >= length;
  const least = (own: number): number | undefined => smallestGroupSize({ window: own, trainedContext, length });
  const widest = groupSize === undefined ? trainedContext - 1 : largestWindow({ groupSize, trainedContext, length });
  const reach = `of a model trained on ${trainedContext} tokens`;
  check(widest !== undefined, `tune: groupSize must reach ${length} tokens with some window, ${reach}`, groupSize);
  const sixteenths = Array.from({ length: steps - 1 }, (_, step) =>
    Math.max(1, Math.round((trainedContext * (step + 1)) / steps)),
  );
  const windows = window === undefined ? distinct(sixteenths.map((own) => Math.min(own, widest))) : [window];
  const reached = windows.filter((own) =>
    groupSize === undefined ? own <= trainedContext && least(own) !== undefined : holds(groupSize, own),
  );
  check(
    reached.length > 0,
    groupSize === undefined
      ? `tune: window must reach ${length} tokens with some group size, ${reach}`
      : `tune: window must reach ${length} tokens with group size ${groupSize}, ${reach}`,
    window ?? windows[0],
  );
  return {
    windows: reached,
    groupSizes: (own) =>
      groupSize === undefined
        ? distinct(factors.map((factor) => Math.ceil(least(own)! * factor)).filter((group) => holds(group, own)))
        : [groupSize],
  };
};

/** Every candidate, with log-n and without: the whole grid, of which a search tries a part. */
export const everyCandidate = ({ windows, groupSizes }: Space): readonly Candidate[] =>
  windows.flatMap((window) =>
    groupSizes(window).flatMap((groupSize) => [false, true].map((logN) => ({ groupSize, window, logN }))),
  );
