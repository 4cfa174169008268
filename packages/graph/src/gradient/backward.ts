// The type of a differentiation rule, with its arguments, and the steps that most rules share.

import type { DataType } from "../arrays/data-type.ts";
import { typeCode } from "../arrays/data-type.ts";
import { formatDims, isFixed } from "../arrays/dims.ts";
import { fail } from "../fail.ts";
import type { Call } from "../operators/operator.ts";
import type { Tape } from "../record/tape.ts";
import type { Value } from "../model/value.ts";

/** One node in the backward pass: L is the loss, g = dL/dy for an output y. */
export type Backward = Call<Value> & {
  readonly tape: Tape;
  readonly outputs: readonly Value[];
  /** dL/dy for each output y; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** Elements of a short constant, such as the sizes of a Split; undefined for any other value. */
  readonly elementsOf: (value: Value) => readonly number[] | undefined;
  /** The value that this one is the transpose of, in the last two axes; undefined if this is not such a transpose. */
  readonly turnedFrom: (value: Value) => Value | undefined;
  /** The value that was repeated to make this one; undefined if this one was not made by an Expand. */
  readonly repeatedFrom: (value: Value) => Value | undefined;
};

/** dL/dx for each input x, recorded when it is called; undefined for an input without a gradient, such as indices. */
export type Rule = (at: Backward) => readonly ((() => Value) | undefined)[];

const label = ({ opType, name }: Backward): string => `differentiate: ${opType} "${name}"`;

/** Throws the error for a node that a rule cannot differentiate. */
export const refuse = (at: Backward, rule: string, got: string): never => fail(`${label(at)}: ${rule}, got ${got}`);

/** The gradient of the first output. Further outputs, such as a norm's mean, are not differentiated. */
export const gradient = (at: Backward): Value =>
  at.gradients[0] ?? refuse(at, "its first output alone may lead to the loss", "another");

export const inputOf = (at: Backward, index: number): Value =>
  at.inputs[index] ?? refuse(at, `input ${index} is required`, "nothing");

/** The sizes of a value, which must be numbers. */
export const dimsOf = (at: Backward, value: Value): readonly number[] => {
  const { dims, name } = value;
  return dims !== undefined && isFixed(dims)
    ? dims
    : refuse(at, `the sizes of "${name}" must be numbers`, formatDims(dims));
};

/** The elements of an input that gives sizes or axes. */
export const elementsOf = (at: Backward, index: number): readonly number[] =>
  at.elementsOf(inputOf(at, index)) ?? refuse(at, `input ${index} must be a short constant`, inputOf(at, index).name);

const typeOf = (at: Backward): DataType => gradient(at).type ?? "float32";

/** A constant of one element, in the gradient's type. */
export const scalar = (at: Backward, value: number): Value => at.tape.constant(typeOf(at), [], [value]);

export const zeros = (at: Backward, dims: readonly number[]): Value =>
  at.tape.op("Expand", [scalar(at, 0), ints(at, dims)]);

export const ints = ({ tape }: Backward, values: readonly number[]): Value =>
  tape.constant("int64", [values.length], values);

export const mul = ({ tape }: Backward, a: Value, b: Value): Value => tape.op("Mul", [a, b]);
/** g x, where g has the shape of the product. A repeated x is read in its smaller shape, because the product repeats it by itself. */
export const mulRepeated = (at: Backward, g: Value, x: Value): Value =>
  mul(at, formatDims(g.dims) === formatDims(x.dims) ? (at.repeatedFrom(g) ?? g) : g, x);
export const add = ({ tape }: Backward, a: Value, b: Value): Value => tape.op("Add", [a, b]);
export const sub = ({ tape }: Backward, a: Value, b: Value): Value => tape.op("Sub", [a, b]);
export const neg = ({ tape }: Backward, a: Value): Value => tape.op("Neg", [a]);
export const reshape = (at: Backward, value: Value, dims: readonly number[]): Value =>
  value.dims?.length === dims.length && value.dims.every((size, axis) => size === dims[axis])
    ? value
    : at.tape.op("Reshape", [value, ints(at, dims)]);

/** A value cast to the type of another. */
export const castTo = ({ tape }: Backward, value: Value, { type }: Value): Value =>
  tape.op("Cast", [value], { to: typeCode(type ?? "float32") });

/** Sums over some axes, which stay with size 1. */
export const sumAlong = (at: Backward, value: Value, axes: readonly number[]): Value =>
  axes.length === 0 ? value : at.tape.op("ReduceSum", [value, ints(at, axes)], { keepdims: 1 });

/** The transpose of the last two axes. For a value that is a transpose itself, this is the value that it was made from. */
export const turned = (at: Backward, value: Value): Value => {
  const from = at.turnedFrom(value);
  if (from !== undefined) return from;
  const axes = Array.from(dimsOf(at, value).keys());
  return at.tape.op("Transpose", [value], { perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2] });
};

/** The gradient of a value that was repeated to a larger shape: the sum of its copies' gradients. */
export const sumTo = (at: Backward, value: Value, target: Value): Value => {
  const [from, to] = [dimsOf(at, value), dimsOf(at, target)];
  const missing = from.length - to.length;
  const axes = [...from.keys()].filter((axis) => axis < missing || (to[axis - missing] === 1 && from[axis] !== 1));
  const summed = sumAlong(at, value, axes);
  return missing === 0 ? summed : reshape(at, summed, to);
};
