export { bandedAttention, type AttentionBand, type BandedAttention } from "./banded.ts";
export { float16Tile } from "./float16-tile.ts";
export { mergeAttention } from "./merge.ts";
export type { PartialAttention } from "./partial.ts";
export { quantizedTile, quantizeKeys, quantizeValues, type Quantized } from "./quantize.ts";
export type { NamedTensor } from "./named-tensor.ts";
