export {
  adapterTensor,
  loadAdapter,
  type Adapter,
  type AdapterMatrix,
  type AdapterModule,
} from "./adapter/load-adapter.ts";
export { tunedUnder } from "./adapter/tuned-under.ts";
export { adaptable, withAdapters, type Adapted, type ScaledAdapter } from "./adapter/with-adapters.ts";
export { adapterFiles, type LoraNumbers } from "./adapter/adapter-files.ts";
export { canonical, hashOf, sha256, type Json, type JsonObject } from "./hashing/canonical-json.ts";
export { startHashChain, extendHashChain } from "./hashing/chained-hash.ts";
export { loadCheckpoint, type Checkpoint } from "./checkpoint/checkpoint.ts";
export { depthUpscale } from "./families/depth-upscale.ts";
export type { Family } from "./families/family.ts";
export { weightsFingerprint } from "./hashing/weights-fingerprint.ts";
export {
  inMemory,
  type ByteSource,
  type CheckpointFile,
  type CheckpointFolder,
  type HeldFile,
} from "./folder/checkpoint-folder.ts";
export { openFiles, type FileLike } from "./folder/open-files.ts";
export { openUrl, type FilesByUrl, type UrlOptions } from "./url/open-url.ts";
export { gemma } from "./families/gemma/index.ts";
export { gemma2 } from "./families/gemma2/index.ts";
export { gemma3 } from "./families/gemma3/index.ts";
export { loadGguf, type GgufOptions } from "./gguf/load-gguf.ts";
export {
  holdCheckpoint,
  materializeFiles,
  isHeld,
  liesOnDisk,
  type ComputedFile,
  type HeldCheckpoint,
} from "./checkpoint/computed-files.ts";
export { ggufTexts } from "./gguf/tokenizer/gguf-texts.ts";
export { mergesOfScores } from "./gguf/tokenizer/merges-of-scores.ts";
export { holdFiles } from "./folder/hold-files-in-memory.ts";
export { llama } from "./families/llama/index.ts";
export { mistral } from "./families/mistral/index.ts";
export { phi } from "./families/phi/index.ts";
export { phi3 } from "./families/phi3/index.ts";
export { qwen2 } from "./families/qwen2/index.ts";
export { qwen3 } from "./families/qwen3/index.ts";
export { smollm3 } from "./families/smollm3/index.ts";
export { readDense } from "./checkpoint/read-dense.ts";
export { readJson } from "./folder/json-file.ts";
export { readModelTexts, type ModelTexts } from "./text/model-texts.ts";
export { firstNonFinite, nonFiniteWeights, type NonFinite, type StoredElements } from "./checkpoint/non-finite.ts";
export { readRotation } from "./config/read-rotation.ts";
export type { Context, ContextRules } from "./config/context.ts";
export { extensionKey, readExtensionEntry, type ExtensionEntry, type TunedExtension } from "./tuned/extension-entry.ts";
export { safetensorsOf, type DenseTensor } from "./safetensors/encode-tensors.ts";
export { tunedConfig, type TunedConfig } from "./tuned/tuned-config.ts";
export { tunedFiles } from "./tuned/tuned-files.ts";
export { encodeSafetensorsHeader, type StoredTensor } from "./safetensors/encode-header.ts";
export { readSafetensors, readSafetensorsHeader, type SafetensorsHeader } from "./safetensors/read-header.ts";
export type { StoredEntry } from "./checkpoint/stored-bytes.ts";
export type { TensorEntry, TensorType } from "./safetensors/tensor-entry.ts";
export { fileSampling, tensorSampling, sampledHash, type Sampling } from "./hashing/sampled-hash.ts";
export type { SpecialTokens } from "./text/special-tokens.ts";
export { quantizeBlocks, type BlockForm, type Blocks } from "./quantize/quantize-blocks.ts";
export { convertCheckpoint, type ConvertedFile } from "./quantize/convert-checkpoint.ts";
export { precisionNames, type Precision } from "./quantize/precision.ts";
export { hasWeights } from "./checkpoint/weight-files.ts";
export { parameterCount, storedBytes, weightBytes } from "./checkpoint/weight-bytes.ts";
export { unpackBlocks } from "./quantize/unpack-blocks.ts";
export { unpackCheckpoint } from "./quantize/unpack-checkpoint.ts";
export { quantizeCheckpoint } from "./quantize/quantize-checkpoint.ts";
export type { TokenizerFiles } from "./text/tokenizer-files.ts";
export { upcastCheckpoint } from "./checkpoint/upcast-checkpoint.ts";
