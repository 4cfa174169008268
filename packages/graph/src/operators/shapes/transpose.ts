// Axes in another order:  y[i_perm(0), i_perm(1), ...] = x[i_0, i_1, ...]; without `perm` the order is reversed.

import { view } from "../../arrays/nd-array.ts";
import { formatDims, stridesOf } from "../../arrays/dims.ts";
import { intsAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

const orderOf = (call: Call<unknown>, rank: number): readonly number[] =>
  intsAttribute(call, "perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

export const transpose: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims === undefined) return [{ type, dims: intsAttribute(call, "perm")?.map(() => undefined) }];
    const order = orderOf(call, dims.length);
    if (order.toSorted((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== dims.length) {
      fail(call, "perm must name each axis once", `[${order.join(",")}] for ${formatDims(dims)}`);
    }
    return [{ type, dims: order.map((axis) => dims[axis]) }];
  },
  evaluate: (call, [{ dims }]) => {
    const x = input(call, 0);
    const strides = stridesOf(x.dims);
    return [
      view(
        x.data,
        dims,
        orderOf(call, x.dims.length).map((axis) => strides[axis]!),
      ),
    ];
  },
};
