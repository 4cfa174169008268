// Elements or slices replaced at index tuples, or with the reduction "add" added to:
//   y = x, then  y[indices[i..., :]..., s...] = updates[i..., s...], or += updates[i..., s...]

import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";
import { inferScattered, reductionOf } from "./scattered.ts";

export const scatterNd: Operator = {
  infer: inferScattered,
  evaluate: (call, [{ dims }]) => {
    const [x, indices, updates] = [input(call, 0), input(call, 1), input(call, 2)];
    const kind = reductionOf(call);
    const depth = indices.dims.at(-1) ?? 0;
    const strides = stridesOf(dims);
    const inner = sizeOf(dims.slice(depth));
    const numTuples = sizeOf(indices.dims.slice(0, -1));
    if (depth > dims.length || updates.data.length !== numTuples * inner)
      fail(call, `updates must have ${numTuples} slices of ${inner} elements`, `${updates.data.length} elements`);
    const out = Float64Array.from(x.data);
    for (let tuple = 0; tuple < numTuples; tuple++) {
      let place = 0;
      for (let axis = 0; axis < depth; axis++) {
        const [index, size] = [indices.data[tuple * depth + axis]!, dims[axis]!];
        if (index < -size || index >= size) fail(call, `an index must be from ${-size} to ${size - 1}`, `${index}`);
        place += (index < 0 ? index + size : index) * strides[axis]!;
      }
      const slice = updates.data.subarray(tuple * inner, (tuple + 1) * inner);
      out.set(kind === "none" ? slice : slice.map((update, at) => out[place + at]! + update), place);
    }
    return [out];
  },
};
