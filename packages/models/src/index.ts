export { loadCheckpoint, type Checkpoint } from "./checkpoint.ts";
export type { Family } from "./family.ts";
export { inMemory, type ByteSource, type CheckpointFile, type CheckpointFolder } from "./folder.ts";
export { llama } from "./llama/index.ts";
export { readSafetensorsHeader } from "./safetensors/header.ts";
export type { TensorEntry, TensorType } from "./safetensors/tensor-entry.ts";
export type { SpecialTokens } from "./special-tokens.ts";
