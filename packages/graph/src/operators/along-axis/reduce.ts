// Reductions: one number for all elements along some axes.  y[kept] = f over reduced axes of x[kept, reduced]

import { offsets } from "../../arrays/nd-array.ts";
import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute, intsAttribute } from "../read-attributes.ts";
import type { Call, Operand, Operator } from "../operator.ts";
import { axisOf, constantOf, groupWork, input, knownCall } from "../operator.ts";

/** Axes from the second input, or from the attribute that earlier operator sets have; undefined when not known. */
const axesOf = (call: Call<Operand>, rank: number): readonly number[] | undefined => {
  const given = call.inputs[1] ? constantOf(call.inputs[1]) : (intsAttribute(call, "axes") ?? []);
  if (given?.length === 0 && intAttribute(call, "noop_with_empty_axes", 0) === 0)
    return Array.from({ length: rank }, (_, axis) => axis);
  return given?.map((axis) => axisOf(call, axis, rank));
};

/** A reduction: f gets the elements of one group. */
export const reduce = (f: (group: Float64Array) => number): Operator => ({
  infer: (call) => {
    const { type, dims } = input(call, 0);
    const keep = intAttribute(call, "keepdims", 1) !== 0;
    const axes = dims && axesOf(call, dims.length);
    if (dims === undefined) return [{ type, dims }];
    if (axes === undefined) return [{ type, dims: keep ? dims.map(() => undefined) : undefined }];
    return [
      {
        type,
        dims: keep
          ? dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
          : dims.filter((_, axis) => !axes.includes(axis)),
      },
    ];
  },
  evaluate: (call) => {
    const x = input(call, 0);
    const axes = axesOf(knownCall(call), x.dims.length)!;
    const strides = stridesOf(x.dims);
    const pick = (reduced: boolean): Float64Array => {
      const chosen = Array.from(x.dims.keys()).filter((axis) => axes.includes(axis) === reduced);
      return offsets(
        chosen.map((axis) => x.dims[axis]!),
        chosen.map((axis) => strides[axis]!),
      );
    };
    const within = pick(true);
    return [pick(false).map((start) => f(within.map((place) => x.data[start + place]!)))];
  },
  work: (_, [{ dims }]) => groupWork(sizeOf(dims)),
});

export const sum = (group: Float64Array): number => group.reduce((total, x) => total + x, 0);
export const mean = (group: Float64Array): number => sum(group) / group.length;
export const max = (group: Float64Array): number => group.reduce((most, x) => Math.max(most, x), -Infinity);
export const min = (group: Float64Array): number => group.reduce((least, x) => Math.min(least, x), Infinity);
export const product = (group: Float64Array): number => group.reduce((total, x) => total * x, 1);
export const sumSquare = (group: Float64Array): number => sum(group.map((x) => x * x));
/** ln(sum_i e^(x_i)), with the largest x taken out so that nothing overflows. */
export const logSumExp = (group: Float64Array): number => {
  const most = max(group);
  return Number.isFinite(most) ? most + Math.log(sum(group.map((x) => Math.exp(x - most)))) : most;
};
