// Product of two matrices, either one transposed, plus a bias repeated to its shape:
//
//   y[m, n] = alpha * sum_k a[m, k] * b[k, n] + beta * c[m, n]

import { broadcast } from "../../arrays/nd-array.ts";
import { broadcastsTo, formatDims, sameDim, sizeOf } from "../../arrays/dims.ts";
import { floatAttribute, intAttribute } from "../read-attributes.ts";
import type { Operator } from "../operator.ts";
import { fail, input, sameType } from "../operator.ts";

export const gemm: Operator = {
  infer: (call) => {
    const [a, b, c] = [input(call, 0), input(call, 1), call.inputs[2]];
    const type = sameType(call, c ? [a, b, c] : [a, b]);
    if (a.dims === undefined || b.dims === undefined) return [{ type, dims: [undefined, undefined] }];
    const shapes = `${formatDims(a.dims)} by ${formatDims(b.dims)}`;
    if (a.dims.length !== 2 || b.dims.length !== 2) fail(call, "inputs must have two axes", shapes);
    const [rows, inner] = intAttribute(call, "transA", 0) ? [a.dims[1], a.dims[0]] : a.dims;
    const [innerB, columns] = intAttribute(call, "transB", 0) ? [b.dims[1], b.dims[0]] : b.dims;
    if (sameDim(inner, innerB) === null) fail(call, "inner sizes must be equal", shapes);
    const bias = c?.dims;
    if (!broadcastsTo(bias, [rows, columns]))
      fail(call, "the bias must broadcast to the product", `${formatDims(bias)} and ${formatDims([rows, columns])}`);
    return [{ type, dims: [rows, columns] }];
  },
  evaluate: (call, [{ dims }]) => {
    const [a, b, c] = [input(call, 0), input(call, 1), call.inputs[2]];
    const [rows, columns] = [dims[0]!, dims[1]!];
    const [transA, transB] = [intAttribute(call, "transA", 0) !== 0, intAttribute(call, "transB", 0) !== 0];
    const inner = a.dims[transA ? 0 : 1]!;
    const alpha = floatAttribute(call, "alpha", 1);
    const beta = floatAttribute(call, "beta", 1);
    const bias = c && broadcast(c, dims);
    const out = new Float64Array(rows * columns);
    for (let m = 0; m < rows; m++) {
      for (let n = 0; n < columns; n++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum += a.data[transA ? k * rows + m : m * inner + k]! * b.data[transB ? n * inner + k : k * columns + n]!;
        }
        out[m * columns + n] = alpha * sum + (bias ? beta * bias[m * columns + n]! : 0);
      }
    }
    return [out];
  },
  work: (call, [{ dims }]) => sizeOf(dims) * Math.max(...input(call, 0).dims),
};
