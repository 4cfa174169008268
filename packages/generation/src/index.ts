export type { AdapterChoice, AdapterSource } from "./model/adapters.ts";
export type {
  AttentionChunk,
  AttentionOptions,
  LayerAttentions,
  ReadAttentions,
  VisitAttentions,
  VisitAttentionsOptions,
} from "./run/attentions.ts";
export type { VisitBatch, VisitBatchLogits } from "./run/batch.ts";
export { appendToCache } from "./cache/append.ts";
export { runMultiStep, type MultiStepOptions, type MultiStepResult, type MultiStepSessions } from "./run/multi-step.ts";
export {
  cacheBytes,
  createCache,
  plannedCacheBytes,
  releaseCache,
  resetCache,
  type CachePlan,
  type KeyValueCache,
} from "./cache/cache.ts";
export { forkCache } from "./cache/fork-cache.ts";
export type { Chat, ConversationOptions } from "./conversation/chat.ts";
export type { CheckpointLimits } from "./conversation/checkpoints.ts";
export type { SendOptions } from "./conversation/turn.ts";
export { beyondCapacity, type BeyondCapacity } from "./overflow/capacity.ts";
export { checkWeights } from "./model/check-weights.ts";
export { chatFormat, type ChatFormat, type ChatOptions } from "./text/chat-template/chat-format.ts";
export type { ChatMessage, TextPart } from "./text/chat-template/messages.ts";
export { isContextLengthExceeded, type ContextLengthExceeded } from "./overflow/context-length.ts";
export type { GeneratedToken, GenerateOptions, GenerationStats, TokenOptions } from "./generate/generate-options.ts";
export type { DraftOptions } from "./guess/draft.ts";
export type { LookupOptions } from "./guess/lookup.ts";
export type { GuessOptions } from "./guess/guess-options.ts";
export type { GuessStats } from "./guess/guessed-steps.ts";
export { loadModel, type LoadOptions } from "./model/load-model.ts";
export type { LanguageModel } from "./model/language-model.ts";
export type { LogitsOptions } from "./run/logits.ts";
export { savedPrefixFacts, type SavedPrefixFacts } from "./prefix/saved-prefix-facts.ts";
export type { FileOptions } from "./prefix/save-file.ts";
export type { AnyPrefix, LeftPrefix, Prefix } from "./prefix/prefix.ts";
export type { ReadOptions } from "./prefix/read-prompt.ts";
export type { Prompt } from "./text/prompt.ts";
export { prepareCheckpoint, needCheckpoint, type ModelSource } from "./model/model-source.ts";
export { openModel, type OpenedModel, type OpenOptions } from "./model/open-model.ts";
export { prefill, type PrefillOptions } from "./run/prefill.ts";
export { runChunk, type ChunkResult } from "./run/run-chunk.ts";
export type { ChunkOptions } from "./run/chunk-rows.ts";
export { keepEnds, regroup, type Overflow, type OverflowPolicy, type Overflowing } from "./overflow/overflow-policy.ts";
export type { LogitBias } from "./sampling/adjustments/logit-bias.ts";
export { argmax } from "./sampling/argmax.ts";
export type { History } from "./sampling/history.ts";
export { samplingOf } from "./sampling/sampling-of-model.ts";
export type { SamplerState } from "./sampling/random.ts";
export type { Logprobs, TokenLogprob } from "./sampling/logprobs.ts";
export type { Mask } from "./sampling/mask.ts";
export { sample, type Sampled } from "./sampling/sample.ts";
export { startSampling, type Sampling } from "./sampling/sampling.ts";
export { textCodec, type EncodeOptions, type TextCodec } from "./text/text-codec.ts";
export { textStream, type TextStreamOptions } from "./text/text-stream.ts";
