// Recording nodes: an operator applied to values. Types and shapes of the results are inferred where possible.

import type { Attribute } from "../model/attribute.ts";
import { sizeOf } from "../arrays/dims.ts";
import type { NodeOptions } from "../model/node.ts";
import { node } from "../model/node.ts";
import type { Operand, Shaped } from "../operators/operator.ts";
import { findOperator } from "../operators/table.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import type { Recording } from "./recording.ts";
import { checkRecorded, declare } from "./recording.ts";
import { tensorToArray } from "../model/tensor.ts";
import type { Value } from "../model/value.ts";

export type NodeRequest = Required<NodeOptions> & {
  readonly opType: string;
  readonly inputs: readonly (Value | undefined)[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
  /** What is known of the outputs of an operator that inference does not know. */
  readonly results?: readonly Shaped[] | undefined;
};

// Inference reads only constants that give sizes and axes, and these are short.
const maxKnownElements = 64;

/** The elements of a short constant; undefined for any other value. */
export const shortConstant = ({ tensors }: Recording, { name }: Value): readonly number[] | undefined => {
  const tensor = tensors.get(name);
  const inModel = tensor && tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL;
  const short = inModel && sizeOf(tensor.dims.map(Number)) <= maxKnownElements;
  return short ? Array.from(tensorToArray(tensor).data) : undefined;
};

/** A value in the form that inference takes: with its elements, if it is a short constant. */
const operandOf = (recording: Recording, value: Value): Operand => {
  const constant = shortConstant(recording, value);
  return constant ? { ...value, constant } : value;
};

/** Types and shapes of a node's outputs, as far as its inputs determine them; undefined when the operator is not known. */
export const inferNode = (
  recording: Recording,
  { opType, domain, name, attribute: attributes, output }: NodeProto,
  inputs: readonly (Value | undefined)[],
): readonly Shaped[] | undefined =>
  findOperator(domain, opType)?.infer({
    opType,
    name,
    inputs: inputs.map((value) => value && operandOf(recording, value)),
    attributes,
    numOutputs: output.length,
  });

/** Appends a node and returns its outputs. Throws RangeError when the inputs contradict the operator's rule. */
export const recordNode = (recording: Recording, request: NodeRequest): readonly Value[] => {
  const { opType, domain, name, inputs, outputs, attributes = {}, results } = request;
  const at = `${opType} "${name}"`;
  for (const value of inputs) if (value !== undefined) checkRecorded(recording, at, value);
  const names = inputs.map((value) => value?.name ?? "");
  const recorded = node(opType, names, outputs, attributes, { domain, name });
  const inferred = inferNode(recording, recorded, inputs);
  if (inferred !== undefined && results !== undefined)
    throw new RangeError(`${at}: results must be left out where they are inferred, got ${results.length}`);
  const shaped = inferred ?? results;
  const values = outputs.map((output, i) =>
    declare(recording, at, { name: output, type: shaped?.[i]?.type, dims: shaped?.[i]?.dims }),
  );
  recording.nodeNames.add(name);
  recording.graph.node.push(recorded);
  return values;
};
