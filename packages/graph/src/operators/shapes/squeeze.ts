// Axes of size 1, added (Unsqueeze) or dropped (Squeeze). The elements stay as they are.

import { formatDims } from "../../arrays/dims.ts";
import { intsAttribute } from "../read-attributes.ts";
import type { Call, Operand, Operator } from "../operator.ts";
import { axisOf, constantOf, fail, input } from "../operator.ts";

/** Axes from the second input, or from the attribute that earlier operator sets have; undefined when not known. */
const axesOf = (call: Call<Operand>): readonly number[] | undefined =>
  call.inputs[1] ? constantOf(call.inputs[1]) : intsAttribute(call, "axes");

export const unsqueeze: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    const axes = axesOf(call);
    if (dims === undefined || axes === undefined) return [{ type, dims: undefined }];
    const rank = dims.length + axes.length;
    const added = new Set(axes.map((axis) => axisOf(call, axis, rank)));
    if (added.size !== axes.length) fail(call, "axes must differ", `${formatDims(axes)} for ${formatDims(dims)}`);
    const rest = dims.values();
    return [
      {
        type,
        dims: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.next().value)),
      },
    ];
  },
  evaluate: (call) => [input(call, 0).data],
};

export const squeeze: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    const axes = axesOf(call);
    if (dims === undefined || (axes === undefined && call.inputs[1])) return [{ type, dims: undefined }];
    if (axes === undefined) {
      const certain = dims.every((dim) => typeof dim === "number");
      return [{ type, dims: certain ? dims.filter((dim) => dim !== 1) : undefined }];
    }
    const dropped = new Set(axes.map((axis) => axisOf(call, axis, dims.length)));
    for (const axis of dropped) {
      if (typeof dims[axis] === "number" && dims[axis] !== 1)
        fail(call, `axis ${axis} must have size 1`, formatDims(dims));
    }
    return [{ type, dims: dims.filter((_, axis) => !dropped.has(axis)) }];
  },
  evaluate: (call) => [input(call, 0).data],
};
