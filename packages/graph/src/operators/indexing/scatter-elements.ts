// Elements of one axis put where indices say, or with the reduction "add" added there:
//   y = x, then  y[a..., indices[a..., i, b...], b...] = updates[a..., i, b...], or += updates[a..., i, b...]

import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { axisOf, fail, input } from "../operator.ts";
import { inferScattered, reductionOf } from "./scattered.ts";

export const scatterElements: Operator = {
  infer: inferScattered,
  evaluate: (call, [{ dims }]) => {
    const [x, indices, updates] = [input(call, 0), input(call, 1), input(call, 2)];
    const kind = reductionOf(call);
    const axis = axisOf(call, intAttribute(call, "axis", 0), dims.length);
    if (String(updates.dims) !== String(indices.dims))
      fail(call, `updates must be [${indices.dims.join(", ")}], as the indices`, `[${updates.dims.join(", ")}]`);
    if (indices.dims.length !== dims.length || indices.dims.some((size, at) => at !== axis && size > dims[at]!))
      fail(call, `indices must lie within [${dims.join(", ")}] but along axis ${axis}`, `[${indices.dims.join(", ")}]`);
    const [strides, own] = [stridesOf(dims), stridesOf(indices.dims)];
    const size = dims[axis]!;
    const out = Float64Array.from(x.data);
    for (let at = 0; at < sizeOf(indices.dims); at++) {
      const index = indices.data[at]!;
      if (index < -size || index >= size) fail(call, `an index must be from ${-size} to ${size - 1}`, `${index}`);
      let place = 0;
      for (const [n, stride] of own.entries()) {
        const along = n === axis ? (index < 0 ? index + size : index) : Math.floor(at / stride) % indices.dims[n]!;
        place += along * strides[n]!;
      }
      out[place] = kind === "none" ? updates.data[at]! : out[place]! + updates.data[at]!;
    }
    return [out];
  },
};
