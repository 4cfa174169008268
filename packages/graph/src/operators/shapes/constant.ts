// Numbers that come from the node itself: Constant, ConstantOfShape (one number everywhere) and Range (evenly spaced).

import type { NdArray } from "../../arrays/nd-array.ts";
import { sizeOf } from "../../arrays/dims.ts";
import { tensorToArray } from "../../model/tensor.ts";
import {
  floatAttribute,
  floatsAttribute,
  hasAttribute,
  intAttribute,
  intsAttribute,
  tensorAttribute,
} from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { constantOf, fail, input, sameType } from "../operator.ts";

const valueOf = (call: Call<unknown>): NdArray => {
  const tensor = tensorAttribute(call, "value");
  if (tensor) return tensorToArray(tensor);
  if (hasAttribute(call, "value_int"))
    return { type: "int64", dims: [], data: Float64Array.of(intAttribute(call, "value_int")) };
  if (hasAttribute(call, "value_float"))
    return {
      type: "float32",
      dims: [],
      data: Float64Array.of(floatAttribute(call, "value_float", 0)),
    };
  const [ints, floats] = [intsAttribute(call, "value_ints"), floatsAttribute(call, "value_floats")];
  const list = ints ?? floats ?? fail(call, "needs value, value_int, value_ints, value_float or value_floats");
  return { type: ints ? "int64" : "float32", dims: [list.length], data: Float64Array.from(list) };
};

export const constant: Operator = {
  infer: (call) => [valueOf(call)],
  evaluate: (call) => [valueOf(call).data],
};

const fill = (call: Call<unknown>): NdArray => {
  const tensor = tensorAttribute(call, "value");
  return tensor ? tensorToArray(tensor) : { type: "float32", dims: [1], data: Float64Array.of(0) };
};

export const constantOfShape: Operator = {
  infer: (call) => {
    const shape = input(call, 0);
    const rank = shape.dims?.[0];
    const unknown = typeof rank === "number" ? Array.from({ length: rank }, () => undefined) : undefined;
    return [{ type: fill(call).type, dims: constantOf(shape) ?? unknown }];
  },
  evaluate: (call, [{ dims }]) => [new Float64Array(sizeOf(dims)).fill(fill(call).data[0]!)],
};

/** start, start + delta, start + 2 delta, ... up to but not including limit. */
export const range: Operator = {
  infer: (call) => {
    const operands = [input(call, 0), input(call, 1), input(call, 2)];
    const [start, limit, delta] = operands.map((operand) => constantOf(operand)?.[0]);
    if (delta === 0) fail(call, "delta must not be 0");
    const known = start !== undefined && limit !== undefined && delta !== undefined;
    return [
      {
        type: sameType(call, operands),
        dims: [known ? Math.max(0, Math.ceil((limit - start) / delta)) : undefined],
      },
    ];
  },
  evaluate: (call, [{ dims }]) => {
    const [start, delta] = [input(call, 0).data[0]!, input(call, 2).data[0]!];
    return [Float64Array.from({ length: sizeOf(dims) }, (_, i) => start + i * delta)];
  },
};
