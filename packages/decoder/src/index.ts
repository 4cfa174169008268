export { geluTanh, silu, type Activation } from "./layers/activations.ts";
export {
  attentionOutputs,
  checkAttentions,
  someLayers,
  type AskedAttentions,
  type Attentions,
} from "./attention/attention-outputs.ts";
export { batchHeads } from "./attention/batch-heads.ts";
export { multiStepGraph } from "./multi-step/multi-step-graph.ts";
// Every decoder here has a context extension, so its users need both packages.
export * from "@ropewalk/context-extension";
export {
  embedding,
  gatedFeedForward,
  layerNorm,
  linear,
  rmsNorm,
  softcapped,
  splitColumns,
  zeroCenteredRmsNorm,
  type Named,
} from "./layers/layer-parts.ts";
export { headsOfJoined, headsOfRows, projectHeads, type Heads } from "./layers/projections.ts";
export type { CacheArray, CacheArrays, CacheFormat, Encoded, HostRows } from "./cache/formats/format.ts";
export { cacheFormatOf, cacheFormats, cachePrecisions, type CachePrecision } from "./cache/formats/index.ts";
export {
  cacheLayout,
  type CacheLayout,
  type CachePart,
  type CacheStretch,
  type Masked,
  type PartArray,
  type PartReading,
  type Scored,
  type Seen,
  type StretchKind,
} from "./cache/cache-layout.ts";
export { chunkAttention } from "./attention/chunk-attention.ts";
export { kernelAttention } from "./attention/kernel-attention.ts";
export { chunkMasks, maskedScore, type CacheWidths } from "./chunk/chunk-masks.ts";
export { chunkRanges, type PartRanges } from "./chunk/chunk-ranges.ts";
export { chunkNumbers, type Numbers } from "./chunk/chunk-numbers.ts";
export {
  farAfter,
  farFrom,
  hasBand,
  longestChunk,
  ringChunks,
  ringRuns,
  ringSlots,
  ringTokens,
  slotRuns,
  type Chunk,
  type SlotRun,
} from "./chunk/keys-before-chunk.ts";
export type { Attend, Builder, Decoder, DecoderSizes, Projected } from "./decoder.ts";
export { extendDecoder, type ExtendedDecoder } from "./extend-decoder.ts";
export { giveLogits, noToken } from "./graph/give-logits.ts";
export { decoderGraph, decoderOpset } from "./graph/decoder-graph.ts";
export { decoderInputs, decoderOutputs } from "./graph-interface.ts";
export { keptRotations, attentionPathName } from "./attention/key-rotations.ts";
export type { LowRank } from "./layers/low-rank.ts";
export type { AttentionForm, Operators } from "./operators.ts";
export {
  denseWeights,
  storedWeights,
  type BlocksLocation,
  type ProductPrecision,
  type StoredWeights,
  type WeightLocation,
  type WeightSource,
  type WeightType,
} from "./layers/stored-weights.ts";
