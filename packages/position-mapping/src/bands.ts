export { capacityOfBands } from "./bands/capacity.ts";
export { nearAndFar, nearBand } from "./bands/near-and-far.ts";
