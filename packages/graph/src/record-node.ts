// Recording nodes: an operator applied to values, with its results' types and shapes as far as they can be told.

import { show } from "@ropewalk/check";
import type { Attribute } from "./attribute.ts";
import { sizeOf } from "./dims.ts";
import type { NodeOptions } from "./node.ts";
import { node } from "./node.ts";
import type { Operand } from "./ops/operator.ts";
import { findOperator } from "./ops/table.ts";
import { TensorProto_DataLocation } from "./proto/onnx_pb.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare } from "./recording.ts";
import { tensorToArray } from "./tensor.ts";
import type { Value } from "./value.ts";

export type NodeRequest = Required<NodeOptions> & {
  readonly opType: string;
  readonly inputs: readonly (Value | undefined)[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
};

// Inference reads constants that give sizes and axes, which are short.
const maxKnownElements = 64;

/** A value as inference sees it, with its elements where it is a short constant. */
const operandOf = ({ tensors }: Recording, value: Value): Operand => {
  const tensor = tensors.get(value.name);
  const inModel = tensor && tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL;
  const short = inModel && sizeOf(tensor.dims.map(Number)) <= maxKnownElements;
  return short ? { ...value, constant: tensorToArray(tensor).data } : value;
};

/** Appends a node and returns its outputs. Throws RangeError when the inputs contradict the operator's rule. */
export const recordNode = (recording: Recording, request: NodeRequest): readonly Value[] => {
  const { opType, domain, name, inputs, outputs, attributes = {} } = request;
  const at = `${opType} "${name}"`;
  if (!Array.isArray(inputs)) throw new TypeError(`${at}: inputs must be a list of values, got ${show(inputs)}`);
  for (const value of inputs) if (value !== undefined) checkRecorded(recording, at, value);
  const names = inputs.map((value) => value?.name ?? "");
  const recorded = node(opType, names, outputs, attributes, { domain, name });
  const shaped = findOperator(domain, opType)?.infer({
    opType,
    name,
    inputs: inputs.map((value) => value && operandOf(recording, value)),
    attributes: recorded.attribute,
    numOutputs: outputs.length,
  });
  const values = outputs.map((output, i) =>
    declare(recording, at, { name: output, type: shaped?.[i]?.type, dims: shaped?.[i]?.dims }),
  );
  recording.nodeNames.add(name);
  recording.graph.node.push(recorded);
  return values;
};
