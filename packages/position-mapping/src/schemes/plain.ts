/**
 * Plain RoPE, RoFormer, arXiv 2104.09864, for every pair:
 *
 *     rel(i, j) = i - j
 *     capacity  = L
 */
import { near, type PositionMapping } from "../mapping.ts";
import { defaultWindow } from "../defaults.ts";
import { remedyOf } from "../fit.ts";
import { selfExtendCapacity } from "../self-extend-capacity.ts";

/** Every token keeps its own position. */
export const plain = (): PositionMapping => ({
  name: "plain",
  bands: [near(Infinity)],
  window: Infinity,
  capacity: (trainedContext) => trainedContext,
  remedy: (trainedContext, length) =>
    `in SelfExtend, ${remedyOf("groupSize", selfExtendCapacity, 1, defaultWindow(trainedContext))(trainedContext, length)}`,
});
