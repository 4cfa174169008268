// Matrix product over the last two axes, the axes before them repeated to one shape:
//
//   y[..., m, n] = sum_k a[..., m, k] * b[..., k, n]
//
// A vector counts as one row (left) or one column (right), and its axis is dropped from the result.

import { offsets } from "../../arrays/nd-array.ts";
import type { Dim } from "../../arrays/dims.ts";
import { broadcastDims, formatDims, sameDim, sizeOf, stridesOf } from "../../arrays/dims.ts";
import type { Operator } from "../operator.ts";
import { fail, input, sameType } from "../operator.ts";

const asMatrices = <D extends Dim>(a: readonly D[], b: readonly D[], one: D): readonly [readonly D[], readonly D[]] => [
  a.length === 1 ? [one, ...a] : a,
  b.length === 1 ? [...b, one] : b,
];

const batchStrides = (dims: readonly number[], batch: readonly number[]): readonly number[] => {
  const strides = stridesOf(dims);
  const missing = batch.length + 2 - dims.length;
  return batch.map((_, axis) => (axis < missing || dims[axis - missing] === 1 ? 0 : strides[axis - missing]!));
};

export const matMul: Operator = {
  infer: (call) => {
    const [left, right] = [input(call, 0), input(call, 1)];
    const type = sameType(call, [left, right]);
    if (left.dims === undefined || right.dims === undefined) return [{ type, dims: undefined }];
    const shapes = `${formatDims(left.dims)} by ${formatDims(right.dims)}`;
    if (left.dims.length === 0 || right.dims.length === 0) fail(call, "inputs must have at least one axis", shapes);
    const [a, b] = asMatrices<Dim>(left.dims, right.dims, 1);
    if (sameDim(a.at(-1), b.at(-2)) === null) fail(call, "inner sizes must be equal", shapes);
    const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2));
    if (batch === null) fail(call, "shapes before the last two axes must broadcast", shapes);
    const row = left.dims.length === 1 ? [] : [a.at(-2)];
    const column = right.dims.length === 1 ? [] : [b.at(-1)];
    return [{ type, dims: [...(batch ?? []), ...row, ...column] }];
  },
  evaluate: (call) => {
    const [left, right] = [input(call, 0), input(call, 1)];
    const [a, b] = asMatrices(left.dims, right.dims, 1);
    const [rows, inner, columns] = [a.at(-2)!, a.at(-1)!, b.at(-1)!];
    const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2)) as readonly number[];
    const fromA = offsets(batch, batchStrides(a, batch));
    const fromB = offsets(batch, batchStrides(b, batch));
    const out = new Float64Array(fromA.length * rows * columns);
    for (let i = 0, at = 0; i < fromA.length; i++) {
      for (let m = 0; m < rows; m++) {
        for (let n = 0; n < columns; n++, at++) {
          for (let k = 0; k < inner; k++) {
            out[at]! += left.data[fromA[i]! + m * inner + k]! * right.data[fromB[i]! + k * columns + n]!;
          }
        }
      }
    }
    return [out];
  },
  work: (call, [{ dims }]) => sizeOf(dims) * (input(call, 0).dims.at(-1) ?? 1),
};

/** The product of 8-bit integers, as 32-bit integers. Zero points are not evaluated. */
export const matMulInteger: Operator = {
  infer: (call) => {
    if (call.inputs[2] !== undefined || call.inputs[3] !== undefined) fail(call, "zero points must be absent");
    const [left, right] = [input(call, 0), input(call, 1)];
    const [product] = matMul.infer({ ...call, inputs: [left, { ...right, type: left.type }] });
    return [{ type: "int32", dims: product?.dims }];
  },
  evaluate: matMul.evaluate,
  work: matMul.work!,
};
