/** The tokens whose probabilities are at least `minP` times that of the most likely (arXiv 2407.01082). */
import { share } from "@ropewalk/check";
import type { Cut } from "./cut.ts";

export const minP: Cut = {
  rule: share,
  inMultiStep: false,
  keep: (least, weights) => {
    const first = weights.findIndex((weight) => weight < least * weights[0]!);
    return first < 0 ? weights.length : first;
  },
};
