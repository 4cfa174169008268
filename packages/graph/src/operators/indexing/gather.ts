// Elements of one axis picked by indices:  y[a..., i..., b...] = x[a..., indices[i...], b...]

import { sizeOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { axisOf, fail, input } from "../operator.ts";

export const gather: Operator = {
  infer: (call) => {
    const [x, indices] = [input(call, 0), input(call, 1)];
    if (x.dims === undefined || indices.dims === undefined) return [{ type: x.type, dims: undefined }];
    const axis = axisOf(call, intAttribute(call, "axis", 0), x.dims.length);
    return [{ type: x.type, dims: x.dims.toSpliced(axis, 1, ...indices.dims) }];
  },
  evaluate: (call, [{ dims }]) => {
    const [x, indices] = [input(call, 0), input(call, 1)];
    const axis = axisOf(call, intAttribute(call, "axis", 0), x.dims.length);
    const size = x.dims[axis]!;
    const outer = sizeOf(x.dims.slice(0, axis));
    const inner = sizeOf(x.dims.slice(axis + 1));
    const out = new Float64Array(sizeOf(dims));
    for (let a = 0, at = 0; a < outer; a++) {
      for (const index of indices.data) {
        if (index < -size || index >= size) fail(call, `an index must be from ${-size} to ${size - 1}`, `${index}`);
        const from = (a * size + (index < 0 ? index + size : index)) * inner;
        for (let b = 0; b < inner; b++, at++) out[at] = x.data[from + b]!;
      }
    }
    return [out];
  },
};
