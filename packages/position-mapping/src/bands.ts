export { capacityOfBands } from "./bands/capacity.ts";
export { checkBands } from "./bands/check-bands.ts";
export { nearAndFar, nearBand } from "./bands/near-and-far.ts";
export { covers } from "./mapping.ts";
