export type { NdArray } from "./arrays/nd-array.ts";
export { ndArray } from "./arrays/nd-array.ts";
export type { Attribute } from "./model/attribute.ts";
export { attribute } from "./model/attribute.ts";
export { checkModel } from "./model/check-model.ts";
export { decode, decodeTensor, encode } from "./model/codec.ts";
export type { DataType } from "./arrays/data-type.ts";
export { typeCode } from "./arrays/data-type.ts";
export type { Dim } from "./arrays/dims.ts";
export { mapInnerGraphs, mapNodes, mapTensors, nodesIn, tensorsIn } from "./edit/map.ts";
export { nameOutputs } from "./edit/name-outputs.ts";
export { withGraph } from "./edit/with-graph.ts";
export { neededNames, pruneGraph } from "./edit/prune.ts";
export type { Renaming } from "./edit/rename.ts";
export { renameGraph, renameNodes } from "./edit/rename.ts";
export { nodeInCycle, sortNodes } from "./edit/sort.ts";
export type { MissingValue } from "./edit/missing.ts";
export { missingValue } from "./edit/missing.ts";
export type { GraphView } from "./edit/view.ts";
export { graphView } from "./edit/view.ts";
export type { Budget } from "./evaluate/budget.ts";
export { evaluate } from "./evaluate/evaluate.ts";
export type { NodeOptions } from "./model/node.ts";
export { innerGraphs, namesMade, namesRead, node } from "./model/node.ts";
export type {
  AttributesAndOptions,
  AttributesOf,
  InputsOf,
  OpType,
  OpTypeOfOne,
  OutputsOf,
} from "./operators/signatures.ts";
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "./proto/onnx_pb.ts";
export type { InlineConfig } from "./record/inline-graph.ts";
export type { LoopConfig, LoopResult, LoopStep } from "./record/record-loop.ts";
export type { FilePlace } from "./record/record-tensor.ts";
export type { ModelOptions, RecordOptions, Tape } from "./record/tape.ts";
export { tape } from "./record/tape.ts";
export { tensorFromArray, tensorToArray } from "./model/tensor.ts";
export type { Value } from "./model/value.ts";
export { valueInfo, valueOfInfo } from "./model/value.ts";
