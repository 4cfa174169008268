import type { Rule } from "@ropewalk/check";

/** A step that leaves only some of the most likely tokens to be drawn. */
export type Cut = {
  /** The rule for its value. */
  readonly rule: Rule;
  /** Whether the multi-step graph has this cut. */
  readonly inMultiStep: boolean;
  /** How many weights stay, at least one. `weights` are proportional to the probabilities, the largest first; none is 0. */
  readonly keep: (value: number, weights: Float64Array) => number;
};
