// Two axes: the sizes before `axis` multiplied, and those from it on. The elements stay as they are.

import type { Dim } from "../../arrays/dims.ts";
import { isFixed, sizeOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

const product = (dims: readonly Dim[]): Dim => {
  const others = dims.filter((dim) => dim !== 1);
  return isFixed(others) ? sizeOf(others) : others.length === 1 ? others[0] : undefined;
};

export const flatten: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims === undefined) return [{ type, dims: [undefined, undefined] }];
    const axis = intAttribute(call, "axis", 1);
    const rank = dims.length;
    if (axis < -rank || axis > rank) fail(call, `axis must be from ${-rank} to ${rank} for ${rank} axes`, `${axis}`);
    const at = axis < 0 ? axis + rank : axis;
    return [{ type, dims: [product(dims.slice(0, at)), product(dims.slice(at))] }];
  },
  evaluate: (call) => [input(call, 0).data],
};
