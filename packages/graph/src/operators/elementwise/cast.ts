// Another element type. Numbers become integers by cutting off the fraction and wrapping around the range of the type,
// booleans by comparing with 0; floating-point types keep the number as it is.

import type { DataType } from "../../arrays/data-type.ts";
import { layouts, typeOfCode } from "../../arrays/data-type.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

const convert = (type: DataType, x: number): number => {
  const { range, width } = layouts[type];
  if (range === undefined) return x;
  if (type === "bool") return x === 0 ? 0 : 1;
  const whole = Math.trunc(x) + 0;
  if (width === 8 || (whole >= range[0] && whole <= range[1])) return whole;
  const period = 2 ** (8 * width);
  const wrapped = ((whole % period) + period) % period;
  return wrapped > range[1] ? wrapped - period : wrapped;
};

export const cast: Operator = {
  infer: (call) => [{ type: typeOfCode(intAttribute(call, "to")), dims: input(call, 0).dims }],
  evaluate: (call) => {
    const to = intAttribute(call, "to");
    const type = typeOfCode(to) ?? fail(call, "attribute to must be a type of numbers", `ONNX data type ${to}`);
    return [input(call, 0).data.map((x) => convert(type, x))];
  },
};

/** The type of the second input. */
export const castLike: Operator = {
  infer: (call) => [{ type: input(call, 1).type, dims: input(call, 0).dims }],
  evaluate: (call) => {
    const { type } = input(call, 1);
    return [input(call, 0).data.map((x) => convert(type, x))];
  },
};
