/**
 * Plain RoPE, RoFormer, arXiv 2104.09864, for every pair:
 *
 *     rel(i, j) = i - j
 *     capacity  = L
 */
import { near, type PositionMapping } from "./mapping.ts";
import { defaultWindow } from "./defaults.ts";
import { selfExtend } from "./self-extend.ts";

/** Every token keeps its own position. */
export const plain = (): PositionMapping => ({
  name: "plain",
  bands: [near(Infinity)],
  window: Infinity,
  capacity: (trainedContext) => trainedContext,
  remedy: (trainedContext, length) => {
    const same = selfExtend({ groupSize: 1, window: defaultWindow(trainedContext) });
    return `in SelfExtend, ${same.remedy(trainedContext, length)}`;
  },
});
