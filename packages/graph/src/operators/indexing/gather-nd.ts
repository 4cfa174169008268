// Elements or slices picked by index tuples:  y[b..., i..., s...] = x[b..., indices[b..., i..., :]..., s...]

import { sizeOf, stridesOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

export const gatherNd: Operator = {
  infer: (call) => {
    const [x, indices] = [input(call, 0), input(call, 1)];
    const depth = indices.dims?.at(-1);
    if (x.dims === undefined || indices.dims === undefined || typeof depth !== "number")
      return [{ type: x.type, dims: undefined }];
    const batchDims = intAttribute(call, "batch_dims", 0);
    if (batchDims + depth > x.dims.length || batchDims >= indices.dims.length)
      fail(call, `tuples of ${depth} after ${batchDims} batch axes must fit ${x.dims.length} axes`);
    return [{ type: x.type, dims: [...indices.dims.slice(0, -1), ...x.dims.slice(batchDims + depth)] }];
  },
  evaluate: (call, [{ dims }]) => {
    const [x, indices] = [input(call, 0), input(call, 1)];
    const batchDims = intAttribute(call, "batch_dims", 0);
    const depth = indices.dims.at(-1)!;
    const strides = stridesOf(x.dims);
    const sizes = x.dims.slice(batchDims, batchDims + depth);
    const inner = sizeOf(x.dims.slice(batchDims + depth));
    const perBatch = sizeOf(x.dims.slice(batchDims));
    const numTuples = sizeOf(indices.dims.slice(0, -1));
    const tuplesPerBatch = numTuples / sizeOf(indices.dims.slice(0, batchDims));
    const out = new Float64Array(sizeOf(dims));
    for (let tuple = 0; tuple < numTuples; tuple++) {
      let from = Math.floor(tuple / tuplesPerBatch) * perBatch;
      for (const [axis, size] of sizes.entries()) {
        const index = indices.data[tuple * depth + axis]!;
        if (index < -size || index >= size) fail(call, `an index must be from ${-size} to ${size - 1}`, `${index}`);
        from += (index < 0 ? index + size : index) * strides[batchDims + axis]!;
      }
      out.set(x.data.subarray(from, from + inner), tuple * inner);
    }
    return [out];
  },
};
