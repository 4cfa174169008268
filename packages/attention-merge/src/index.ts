export { bandedAttention, type AttentionBand, type BandedAttention } from "./banded.ts";
export { halfBlock } from "./half-block.ts";
export { mergeAttention } from "./merge.ts";
export type { PartialAttention } from "./partial.ts";
export { quantizedBlock, quantizeKeys, quantizeValues, type Quantized } from "./quantize.ts";
export type { NamedTensor } from "./named-tensor.ts";
