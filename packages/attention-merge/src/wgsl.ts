export { kernelNode, readKernelNode, type NodeAttributes, type NodeHeads, type NodePart } from "./kernel-node.ts";
export { attentionCost, type AttentionCost } from "./wgsl/cost.ts";
export { attentionKernel, type AttentionKernel, type Binding, type KernelBuffer, type Pass } from "./wgsl/kernel.ts";
export { defaultLimits, type DeviceLimits } from "./wgsl/limits.ts";
export { attentionManifest, type AttentionCase, type ManifestTensor } from "./wgsl/manifest.ts";
export { kernelOfNode, partSizes, type NodeKernel, type PartSizes } from "./wgsl/node-parts.ts";
export type { OutOrder } from "./wgsl/out-order.ts";
export {
  attentionOverParts,
  type KernelPart,
  type PartsConfig,
  type PartsKernel,
  type PartsPass,
} from "./wgsl/parts.ts";
export type { AttentionConfig, CacheRows, KernelBands, KeyRange } from "./wgsl/shape.ts";
export type { Storage } from "./wgsl/storage.ts";
export type { TileCounts } from "./wgsl/tiles.ts";
