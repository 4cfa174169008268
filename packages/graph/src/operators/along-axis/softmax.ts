// y[i] = e^(x[i]) / sum_j e^(x[j]) along one axis, with the largest x taken out so that nothing overflows.

import { offsets } from "../../arrays/nd-array.ts";
import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { axisOf, groupWork, input } from "../operator.ts";

export const softmax: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    if (dims) axisOf(call, intAttribute(call, "axis", -1), dims.length);
    return [{ type, dims }];
  },
  evaluate: (call) => {
    const { dims, data } = input(call, 0);
    const axis = axisOf(call, intAttribute(call, "axis", -1), dims.length);
    const strides = stridesOf(dims);
    const out = new Float64Array(data.length);
    for (const start of offsets(dims.with(axis, 1), strides)) {
      const places = offsets([dims[axis]!], [strides[axis]!], start);
      const most = places.reduce((m, place) => Math.max(m, data[place]!), -Infinity);
      const total = places.reduce((sum, place) => sum + Math.exp(data[place]! - most), 0);
      for (const place of places) out[place] = Math.exp(data[place]! - most) / total;
    }
    return [out];
  },
  work: (call) =>
    groupWork(
      sizeOf(input(call, 0).dims.with(axisOf(call, intAttribute(call, "axis", -1), input(call, 0).dims.length), 1)),
    ),
};
