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
export { canonical, hashOf, sha256, type Json, type JsonObject } from "./canonical.ts";
export { noParts, withPart } from "./chained-hash.ts";
export { loadCheckpoint, type Checkpoint } from "./checkpoint.ts";
export { depthUpscale } from "./depth-upscale.ts";
export type { Family } from "./family.ts";
export { weightsFingerprint } from "./fingerprint.ts";
export { inMemory, type ByteSource, type CheckpointFile, type CheckpointFolder } from "./folder.ts";
export { openUrl, type FilesByUrl, type UrlOptions } from "./open-url.ts";
export { gemma } from "./gemma/index.ts";
export { gemma2 } from "./gemma2/index.ts";
export { gemma3 } from "./gemma3/index.ts";
export { holdFiles } from "./hold-files.ts";
export { llama } from "./llama/index.ts";
export { mistral } from "./mistral/index.ts";
export { phi } from "./phi/index.ts";
export { phi3 } from "./phi3/index.ts";
export { qwen2 } from "./qwen2/index.ts";
export { qwen3 } from "./qwen3/index.ts";
export { smollm3 } from "./smollm3/index.ts";
export { readDense } from "./read-dense.ts";
export { readJson } from "./json-file.ts";
export { readModelTexts, type ModelTexts } from "./model-texts.ts";
export { firstNonFinite, nonFiniteWeights, type NonFinite, type StoredElements } from "./non-finite.ts";
export { readRotation } from "./rotation.ts";
export type { Context, ContextRules } from "./context.ts";
export { extensionKey, readExtensionEntry, type ExtensionEntry, type TunedExtension } from "./extension-entry.ts";
export { safetensorsOf, type DenseTensor } from "./safetensors/write.ts";
export { tunedConfig, type TunedConfig } from "./tuned-config.ts";
export { tunedFiles } from "./tuned-files.ts";
export { encodeSafetensorsHeader, type StoredTensor } from "./safetensors/encode-header.ts";
export { readSafetensors, readSafetensorsHeader, type SafetensorsHeader } from "./safetensors/header.ts";
export type { TensorEntry, TensorType } from "./safetensors/tensor-entry.ts";
export { fileSampling, tensorSampling, sampledHash, type Sampling } from "./sampled-hash.ts";
export type { SpecialTokens } from "./special-tokens.ts";
export { quantizeBlocks, type BlockForm, type Blocks } from "./quantize/blocks.ts";
export { convertCheckpoint, type ConvertedFile } from "./quantize/convert.ts";
export { precisionNames, type Precision } from "./quantize/precision.ts";
export { hasWeights } from "./weight-files.ts";
export { parameterCount, storedBytes, weightBytes } from "./weight-bytes.ts";
export { unpackBlocks } from "./quantize/unpack-blocks.ts";
export { unpackCheckpoint } from "./quantize/unpack-checkpoint.ts";
export { quantizeCheckpoint } from "./quantize/quantize-checkpoint.ts";
export type { TokenizerFiles } from "./tokenizer-files.ts";
export { widenCheckpoint } from "./widen-checkpoint.ts";
