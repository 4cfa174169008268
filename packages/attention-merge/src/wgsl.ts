export { attentionCost, type AttentionCost } from "./wgsl/cost.ts";
export { attentionKernel, type AttentionKernel, type Binding, type KernelBuffer, type Pass } from "./wgsl/kernel.ts";
export { defaultLimits, type DeviceLimits } from "./wgsl/limits.ts";
export { attentionManifest, type AttentionCase, type ManifestTensor } from "./wgsl/manifest.ts";
export type { AttentionConfig, KernelBands, CacheRows } from "./wgsl/shape.ts";
export type { Storage } from "./wgsl/storage.ts";
export type { TileCounts } from "./wgsl/tiles.ts";
