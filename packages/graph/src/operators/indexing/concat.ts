// Inputs one after another along an axis; their other sizes are equal.

import { offsets } from "../../arrays/nd-array.ts";
import type { Dim } from "../../arrays/dims.ts";
import { formatDims, isFixed, sameDim, sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { axisOf, fail, input, sameType } from "../operator.ts";

export const concat: Operator = {
  infer: (call) => {
    const operands = call.inputs.map((_, index) => input(call, index));
    if (operands.length === 0) fail(call, "needs at least one input");
    const type = sameType(call, operands);
    const shapes = operands.flatMap(({ dims }) => (dims ? [dims] : []));
    const [first, ...others] = shapes;
    if (first === undefined) return [{ type, dims: undefined }];
    const axis = axisOf(call, intAttribute(call, "axis"), first.length);
    const joined = others.reduce((a, b) => {
      const dims = a.map((dim, k) => (k === axis ? undefined : sameDim(dim, b[k])));
      if (a.length !== b.length || dims.includes(null))
        fail(call, `sizes other than axis ${axis} must be equal`, `${formatDims(first)} and ${formatDims(b)}`);
      return dims as readonly Dim[];
    }, first);
    const along: readonly Dim[] = shapes.map((dims) => dims[axis]);
    const total = isFixed(along) ? along.reduce((sum, dim) => sum + dim, 0) : undefined;
    const size = shapes.length < operands.length ? undefined : operands.length === 1 ? along[0] : total;
    return [{ type, dims: joined.with(axis, size) }];
  },
  evaluate: (call, [{ dims }]) => {
    const axis = axisOf(call, intAttribute(call, "axis"), dims.length);
    const strides = stridesOf(dims);
    const out = new Float64Array(sizeOf(dims));
    let start = 0;
    for (const [index] of call.inputs.entries()) {
      const part = input(call, index);
      offsets(part.dims, strides, start).forEach((place, i) => (out[place] = part.data[i]!));
      start += part.dims[axis]! * strides[axis]!;
    }
    return [out];
  },
};
