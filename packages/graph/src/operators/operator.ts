// What an operator is here: shapes from shapes (infer) and numbers from numbers (evaluate).

import type { NdArray } from "../arrays/nd-array.ts";
import type { DataType } from "../arrays/data-type.ts";
import type { Dim } from "../arrays/dims.ts";
import { broadcastDims, formatDims } from "../arrays/dims.ts";
import { fail as failWith } from "../fail.ts";
import type { AttributeProto } from "../proto/onnx_pb.ts";
import type { Value } from "../messages/value.ts";

/** An input as inference sees it: `constant` has the elements where they are known. */
export type Operand = Omit<Value, "name"> & { readonly constant?: ArrayLike<number> | undefined };

/** An output as inference leaves it. */
export type Shaped = {
  readonly type: DataType | undefined;
  readonly dims: readonly Dim[] | undefined;
};

/** An output when all inputs are known. */
export type FixedShape = { readonly type: DataType; readonly dims: readonly number[] };

/** The outputs of a node when all inputs are known; a node has at least one. */
export type FixedShapes = readonly [FixedShape, ...FixedShape[]];

/** One use of an operator: a node with what its inputs stand for. */
export type Call<T> = {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly (T | undefined)[];
  readonly attributes: readonly AttributeProto[];
  readonly numOutputs: number;
};

/**
 * `infer` gives type and shape of the outputs as far as the inputs tell them, and all of it for arrays. It throws
 * RangeError when the inputs contradict the operator's rule. `evaluate` then fills outputs of those shapes, row-major.
 */
export type Operator = {
  readonly infer: (call: Call<Operand>) => readonly Shaped[];
  readonly evaluate: (call: Call<NdArray>, outputs: FixedShapes) => readonly Float64Array[];
  /** Steps of evaluation besides going through inputs and outputs once. Absent: none. */
  readonly work?: (call: Call<NdArray>, outputs: FixedShapes) => number;
};

/** Ends a call that breaks a rule, with the operator, the node, the rule and what was given. */
export const fail = ({ opType, name }: Pick<Call<unknown>, "opType" | "name">, rule: string, got?: string): never =>
  failWith(`${opType} "${name}": ${rule}${got === undefined ? "" : `, got ${got}`}`);

/** An input that the operator cannot do without. */
export const input = <T>(call: Call<T>, index: number): T =>
  call.inputs[index] ?? fail(call, `input ${index} is required`, "nothing");

/** The elements of an input that gives sizes or axes, when known; undefined when not known or not given. */
export const constantOf = (operand: Operand | undefined): readonly number[] | undefined =>
  operand?.constant && Array.from(operand.constant);

/** A call on arrays as inference sees it: every element is known. */
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

/** The shape that element-wise inputs make together. */
export const broadcastAll = (call: Call<Operand>, operands: readonly Operand[]): readonly Dim[] | undefined =>
  operands
    .map(({ dims }) => dims)
    .reduce((a, b) => {
      const dims = broadcastDims(a, b);
      return dims === null ? fail(call, "shapes must broadcast", `${formatDims(a)} and ${formatDims(b)}`) : dims;
    });

/** Steps of handling so many groups of elements one by one, each with arrays of its own, on the element's scale. */
export const groupWork = (groups: number): number => 64 * groups;
