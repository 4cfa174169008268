/** The defaults of `chooseSelfExtend`. */

/** The default window: a quarter of the trained context, and at least 1. */
export const defaultWindow = (trainedContext: number): number => Math.max(1, Math.floor(trainedContext / 4));

/** The share of the trained context that relative positions may use: two thirds. */
export const defaultReach: number = 2 / 3;
