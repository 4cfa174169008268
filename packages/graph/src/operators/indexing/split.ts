// The opposite of Concat: parts of an axis, of given sizes or equal ones (the last one may be smaller).

import { view } from "../../arrays/nd-array.ts";
import type { Dim } from "../../arrays/dims.ts";
import { formatDims, stridesOf } from "../../arrays/dims.ts";
import { intAttribute, intsAttribute } from "../read-attributes.ts";
import type { Call, Operand, Operator } from "../operator.ts";
import { axisOf, constantOf, fail, input } from "../operator.ts";

const equalParts = (size: number, numParts: number): readonly number[] => {
  const part = Math.ceil(size / numParts);
  return Array.from({ length: numParts }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
};

const sizesOf = (call: Call<Operand>, dims: readonly Dim[], size: Dim): readonly Dim[] => {
  const given = call.inputs[1] ? constantOf(call.inputs[1]) : intsAttribute(call, "split");
  if (given) {
    const total = given.reduce((sum, part) => sum + part, 0);
    const fits =
      given.length === call.numOutputs &&
      given.every((part) => part >= 0) &&
      (typeof size !== "number" || size === total);
    if (!fits)
      fail(
        call,
        `the sizes of ${call.numOutputs} parts must add up to the axis`,
        `[${given.join(",")}] for ${formatDims(dims)}`,
      );
    return given;
  }
  if (intAttribute(call, "num_outputs", call.numOutputs) !== call.numOutputs)
    fail(
      call,
      "num_outputs must be the number of outputs",
      `${intAttribute(call, "num_outputs")} and ${call.numOutputs}`,
    );
  const equal = typeof size === "number" && call.inputs[1] === undefined;
  return equal ? equalParts(size, call.numOutputs) : Array.from({ length: call.numOutputs }, () => undefined);
};

export const split: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims === undefined) return Array.from({ length: call.numOutputs }, () => ({ type, dims }));
    const axis = axisOf(call, intAttribute(call, "axis", 0), dims.length);
    return sizesOf(call, dims, dims[axis]).map((part) => ({ type, dims: dims.with(axis, part) }));
  },
  evaluate: (call, outputs) => {
    const x = input(call, 0);
    const axis = axisOf(call, intAttribute(call, "axis", 0), x.dims.length);
    const strides = stridesOf(x.dims);
    let start = 0;
    return outputs.map(({ dims }) => {
      const part = view(x.data, dims, strides, start);
      start += dims[axis]! * strides[axis]!;
      return part;
    });
  },
};
