export { geluTanh, silu, type Activation } from "./activations.ts";
export { attentionOutputs, checkAttentions, someLayers, type AskedAttentions, type Attentions } from "./attentions.ts";
export { batchHeads } from "./batch.ts";
export { multiStepGraph } from "./multi-step-graph.ts";
// An extension is put on a decoder: who has one has both.
export * from "@ropewalk/context-extension";
export {
  embedding,
  gatedFeedForward,
  headNorm,
  layerNorm,
  linear,
  rmsNorm,
  softcapped,
  splitColumns,
  zeroCenteredRmsNorm,
  type Named,
} from "./blocks.ts";
export type { CacheArray, CacheArrays, CacheFormat, Encoded, HostRows } from "./cache-formats/format.ts";
export { cacheFormatOf, cacheFormats, cachePrecisions, type CachePrecision } from "./cache-formats/index.ts";
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
} from "./cache-layout.ts";
export { chunkAttention } from "./chunk-attention.ts";
export { chunkMasks, maskedScore, type CacheWidths } from "./chunk-masks.ts";
export { chunkNumbers, type Numbers } from "./chunk-numbers.ts";
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
} from "./chunk.ts";
export type { Attend, Builder, Decoder, DecoderSizes, Projected } from "./decoder.ts";
export { extendDecoder, type ExtendedDecoder } from "./extend.ts";
export { giveLogits, noToken } from "./give-logits.ts";
export { decoderGraph, decoderOpset } from "./graph.ts";
export { decoderInputs, decoderOutputs } from "./interface.ts";
export { keptRotations, layoutName } from "./key-rotations.ts";
export type { LowRank } from "./low-rank.ts";
export type { Operators } from "./operators.ts";
export {
  denseWeights,
  storedWeights,
  type BlocksLocation,
  type Precision,
  type StoredWeights,
  type WeightLocation,
  type WeightSource,
  type WeightType,
} from "./stored-weights.ts";
