import type { Rule } from "@ropewalk/check";

/** A step that leaves only some of the most likely tokens to be drawn. */
export type Cut = {
  /** What its value must be. */
  readonly rule: Rule;
  /** Whether the graph of several steps has it. */
  readonly inMultiStep: boolean;
  /** How many stay, at least one. `weights` are in proportion to the probabilities, the largest first; none is 0. */
  readonly keep: (value: number, weights: Float64Array) => number;
};
