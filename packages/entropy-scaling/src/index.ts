export { attentionEntropy } from "./attention-entropy.ts";
export { entropyAbfTheta } from "./entropy-abf.ts";
export { queryScale, queryScales } from "./query-scale.ts";
export type { EntropyScaling } from "./scaling.ts";
