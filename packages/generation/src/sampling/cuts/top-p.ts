/** The smallest set of the most likely tokens whose probabilities sum to `topP` or more (nucleus sampling, arXiv 1904.09751). */
import { share } from "@ropewalk/check";
import type { Cut } from "./cut.ts";

export const topP: Cut = {
  rule: share,
  inMultiStep: true,
  keep: (least, weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let reached = 0;
    for (let place = 0; place < weights.length; place++) {
      reached += weights[place]! / total;
      if (reached >= least) return place + 1;
    }
    return weights.length;
  },
};
