// The type of an operator: it infers shapes from shapes, and evaluates numbers from numbers.

import type { NdArray } from "../arrays/nd-array.ts";
import type { DataType } from "../arrays/data-type.ts";
import type { Dim } from "../arrays/dims.ts";
import { broadcastDims, formatDims } from "../arrays/dims.ts";
import { fail as failWith } from "../fail.ts";
import type { AttributeProto } from "../proto/onnx_pb.ts";
import type { Value } from "../model/value.ts";

/** An input as inference sees it: `constant` has the elements where they are known. */
export type Operand = Omit<Value, "name"> & { readonly constant?: ArrayLike<number> | undefined };

/** What inference knows of an output. */
export type Shaped = {
  readonly type: DataType | undefined;
  readonly dims: readonly Dim[] | undefined;
};

/** An output when all inputs are known. */
export type FixedShape = { readonly type: DataType; readonly dims: readonly number[] };

/** The outputs of a node when all inputs are known; a node has at least one. */
export type FixedShapes = readonly [FixedShape, ...FixedShape[]];

/** One use of an operator: a node with the values of its inputs. */
export type Call<T> = {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly (T | undefined)[];
  readonly attributes: readonly AttributeProto[];
  readonly numOutputs: number;
};

/**
 * `infer` gives the types and shapes of the outputs as far as the inputs determine them; arrays determine them fully. It throws
 * RangeError when the inputs contradict the operator's rule. `evaluate` then fills outputs of those shapes, row-major.
 */
export type Operator = {
  readonly infer: (call: Call<Operand>) => readonly Shaped[];
  readonly evaluate: (call: Call<NdArray>, outputs: FixedShapes) => readonly Float64Array[];
  /** Steps of evaluation beyond one pass over inputs and outputs. Absent: none. */
  readonly work?: (call: Call<NdArray>, outputs: FixedShapes) => number;
};

/** Throws an error that names the operator, the node, the rule and what was given. */
export const fail = ({ opType, name }: Pick<Call<unknown>, "opType" | "name">, rule: string, got?: string): never =>
  failWith(`${opType} "${name}": ${rule}${got === undefined ? "" : `, got ${got}`}`);

/** A required input. */
export const input = <T>(call: Call<T>, index: number): T =>
  call.inputs[index] ?? fail(call, `input ${index} is required`, "nothing");

/** The elements of an input that gives sizes or axes; undefined when they are unknown or the input is left out. */
export const constantOf = (operand: Operand | undefined): readonly number[] | undefined =>
  operand?.constant && Array.from(operand.constant);

/** A call on arrays, in the form that inference takes: every element is a known constant. */
export const knownCall = (call: Call<NdArray>): Call<Operand> => ({
  ...call,
  inputs: call.inputs.map((array) => array && { ...array, constant: array.data }),
});

/** An axis counted from the front; negative axes count from the end. */
export const axisOf = (call: Call<unknown>, axis: number, rank: number): number => {
  if (axis < -rank || axis >= rank) fail(call, `axis must be from ${-rank} to ${rank - 1} for ${rank} axes`, `${axis}`);
  return axis < 0 ? axis + rank : axis;
};

/** The one type that inputs share. */
export const sameType = (call: Call<Operand>, operands: readonly Operand[]): DataType | undefined => {
  const types = new Set(operands.flatMap(({ type }) => type ?? []));
  if (types.size > 1) fail(call, "inputs must have one element type", [...types].join(" and "));
  return [...types][0];
};

/** The shape of an element-wise result. */
export const broadcastAll = (call: Call<Operand>, operands: readonly Operand[]): readonly Dim[] | undefined =>
  operands
    .map(({ dims }) => dims)
    .reduce((a, b) => {
      const dims = broadcastDims(a, b);
      return dims === null ? fail(call, "shapes must broadcast", `${formatDims(a)} and ${formatDims(b)}`) : dims;
    });

/** The steps of handling groups of elements one by one: a group with arrays of its own takes as long as 64 elements. */
export const groupWork = (groups: number): number => 64 * groups;
