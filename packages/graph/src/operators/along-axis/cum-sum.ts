// Sums along an axis, of all elements up to each one:  y[i] = x[0] + ... + x[i]
// `exclusive` leaves the element itself out, `reverse` sums from the other end.

import { stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { axisOf, input } from "../operator.ts";

export const cumSum: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    return [{ type, dims }];
  },
  evaluate: (call, [{ dims }]) => {
    const { data } = input(call, 0);
    const axis = axisOf(call, input(call, 1).data[0]!, dims.length);
    const exclusive = intAttribute(call, "exclusive", 0) !== 0;
    const [size, stride] = [dims[axis]!, stridesOf(dims)[axis]!];
    const step = intAttribute(call, "reverse", 0) === 0 ? stride : -stride;
    const out = new Float64Array(data.length);
    for (let at = 0; at < data.length; at++) {
      if (Math.floor(at / stride) % size !== 0) continue;
      let sum = 0;
      for (let i = 0, place = step > 0 ? at : at + (size - 1) * stride; i < size; i++, place += step) {
        out[place] = exclusive ? sum : sum + data[place]!;
        sum += data[place]!;
      }
    }
    return [out];
  },
};
