// The state of a tape. A name stands for one value: a graph input, an initializer or a result.

import { create } from "@bufbuild/protobuf";
import { show } from "@ropewalk/check";
import type { GraphProto, TensorProto } from "../proto/onnx_pb.ts";
import { GraphProtoSchema } from "../proto/onnx_pb.ts";
import type { Value } from "../model/value.ts";

export type Recording = {
  readonly graph: GraphProto;
  readonly values: Map<string, Value>;
  /** Initializers by name. */
  readonly tensors: Map<string, TensorProto>;
  /** Constants without a given name, by type and shape, so that equal constants are stored once. */
  readonly unnamed: Map<string, Value[]>;
  readonly nodeNames: Set<string>;
  /** The next number to try for a name that was asked for before. */
  readonly nextNumber: Map<string, number>;
};

export const startRecording = (graphName: string): Recording => ({
  graph: create(GraphProtoSchema, { name: graphName }),
  values: new Map(),
  tensors: new Map(),
  unnamed: new Map(),
  nodeNames: new Set(),
  nextNumber: new Map(),
});

/** Records a value under its name; `at` begins the error message. Throws RangeError when the name is taken. */
export const declare = ({ values }: Recording, at: string, value: Value): Value => {
  if (value.name === "") throw new RangeError(`${at}: a name must not be empty`);
  if (values.has(value.name)) throw new RangeError(`${at}: a name must be new in the graph, got "${value.name}" again`);
  values.set(value.name, value);
  return value;
};

/** The name, with the first free number if it is taken: `/MatMul`, `/MatMul_1`, `/MatMul_2`, ... */
export const freshName = ({ nextNumber }: Recording, taken: { has(name: string): boolean }, name: string): string => {
  for (let number = nextNumber.get(name) ?? 0; ; number++) {
    const candidate = number === 0 ? name : `${name}_${number}`;
    if (taken.has(candidate)) continue;
    nextNumber.set(name, number + 1);
    return candidate;
  }
};

/** Throws TypeError for anything but a value of a tape, and RangeError for a value of another tape. */
export const checkRecorded = ({ values }: Recording, at: string, value: Value): void => {
  if (typeof value !== "object" || value === null || typeof value.name !== "string")
    throw new TypeError(`${at}: a value must be one that a tape gave, got ${show(value)}`);
  if (!values.has(value.name)) throw new RangeError(`${at}: a value must be of this tape, got "${value.name}"`);
};
