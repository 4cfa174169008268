export { capacity } from "./capacity.ts";
export { chooseSelfExtend } from "./choose-self-extend.ts";
export { leakyReRope } from "./leaky-re-rope.ts";
export type { Band, PositionMapping } from "./mapping.ts";
export { plain } from "./plain.ts";
export { reRope } from "./re-rope.ts";
export {
  formatRelativePositions,
  relativePosition,
  relativePositions,
} from "./relative-positions.ts";
export { largestWindow, smallestGroupSize } from "./self-extend-capacity.ts";
export { selfExtend } from "./self-extend.ts";
export { slidingWindow } from "./sliding-window.ts";
