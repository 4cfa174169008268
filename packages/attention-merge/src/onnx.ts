export {
  emitGroupHeads,
  emitGroupQueries,
  emitHeads,
  emitRepeatPerGroup,
  emitUngroup,
  type HeadCounts,
} from "./onnx/heads.ts";
export {
  emitAttention,
  emitMeasuredAttention,
  type AttentionParts,
  type MaskedBand,
  type RecentPart,
} from "./onnx/attention.ts";
export { emitAttentionByHead, emitMeasuredAttentionByHead } from "./onnx/by-head.ts";
export { emitCast, emitLongProduct, emitShortProduct } from "./onnx/float16.ts";
export {
  emitJointAttention,
  emitMeasuredJointAttention,
  type JointBand,
  type JointBands,
  type JointPart,
  type JointParts,
} from "./onnx/joint.ts";
export { emitKernelNode, type KernelNodeInputs, type KernelNodePart } from "./onnx/kernel-node.ts";
export { attentionEntropies, attentionMaps, type Measure } from "./onnx/measure.ts";
export { emitMerge, type EmittedPartial } from "./onnx/merge.ts";
export { emitScores, emitSoftcap, type Softcap } from "./onnx/scores.ts";
export { type QuantizedKeysAndValues } from "./onnx/quantized.ts";
export { type DenseSettled, type QuantizedSettled, type SettledPart } from "./onnx/settled.ts";
