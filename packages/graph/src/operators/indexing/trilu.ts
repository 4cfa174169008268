// A triangle of the last two axes, zeros elsewhere:  upper: column - row >= k,  lower: column - row <= k

import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

export const trilu: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims && dims.length < 2) fail(call, "the input must have 2 axes or more", `${dims.length}`);
    return [{ type, dims }];
  },
  evaluate: (call, [{ dims }]) => {
    const k = call.inputs[1]?.data[0] ?? 0;
    const upper = intAttribute(call, "upper", 1) !== 0;
    const [rows, columns] = [dims.at(-2)!, dims.at(-1)!];
    const kept = (at: number): boolean => {
      const distance = (at % columns) - (Math.floor(at / columns) % rows);
      return upper ? distance >= k : distance <= k;
    };
    return [input(call, 0).data.map((x, at) => (kept(at) ? x : 0))];
  },
};
