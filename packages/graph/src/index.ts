export type { NdArray } from "./array.ts";
export { ndArray } from "./array.ts";
export type { Attribute } from "./attribute.ts";
export { attribute } from "./attribute.ts";
export { checkModel } from "./check-model.ts";
export { decode, decodeTensor, encode } from "./codec.ts";
export type { DataType } from "./data-type.ts";
export { typeCode } from "./data-type.ts";
export type { Dim } from "./dims.ts";
export type { Budget } from "./budget.ts";
export { evaluate } from "./evaluate.ts";
export type { NodeOptions } from "./node.ts";
export { innerGraphs, node } from "./node.ts";
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./proto/onnx_pb.ts";
export type { LoopConfig, LoopResult, LoopStep } from "./record-loop.ts";
export type { FilePlace } from "./record-tensor.ts";
export type { ModelOptions, RecordOptions, Tape } from "./tape.ts";
export { tape } from "./tape.ts";
export { tensorFromArray, tensorToArray } from "./tensor.ts";
export type { Value } from "./value.ts";
export { valueInfo, valueOfInfo } from "./value.ts";
