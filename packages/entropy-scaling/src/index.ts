export { attentionEntropy } from "./attention-entropy.ts";
export { entropyAbfTheta } from "./entropy-abf.ts";
export { entropyKinds, queryScale, queryScaleCurve, queryScales } from "./query-scale.ts";
export type { EntropyScaling, ScaleCurve } from "./scaling.ts";
