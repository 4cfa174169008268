// ONNX Runtime's product with a matrix that is stored in blocks of unsigned integers of 4 or 8 bits:
//
//   y[..., n] = sum_k a[..., k] * w[n, k]        w[n, k] = scale[n, k / block_size] * (q[n, k] - 2^(bits - 1))
//
// q is [N, blocks, block_size * bits / 8] bytes, the lower half of a byte first; scale has N * blocks elements. Zero points
// of their own, the inputs after them, are not evaluated.

import { formatDims, sameDim, sizeOf } from "../../arrays/dims.ts";
import { intAttribute } from "../read-attributes.ts";
import type { Call, Operator } from "../operator.ts";
import { fail, input } from "../operator.ts";

type Sizes = { readonly K: number; readonly N: number; readonly bits: number; readonly blockSize: number };

const sizesOf = (call: Call<unknown>): Sizes => ({
  K: intAttribute(call, "K"),
  N: intAttribute(call, "N"),
  bits: intAttribute(call, "bits", 4),
  blockSize: intAttribute(call, "block_size"),
});

/** The matrix [N, K]. */
const unpack = ({ K, N, bits, blockSize }: Sizes, q: ArrayLike<number>, scales: ArrayLike<number>): Float64Array => {
  const blocks = Math.ceil(K / blockSize);
  const zero = 2 ** (bits - 1);
  const matrix = new Float64Array(N * K);
  for (let n = 0; n < N; n++)
    for (let k = 0; k < K; k++) {
      const at = n * blocks * blockSize + k;
      const element = bits === 8 ? q[at]! : (q[at >> 1]! >> (4 * (at & 1))) & 15;
      matrix[n * K + k] = scales[n * blocks + Math.floor(k / blockSize)]! * (element - zero);
    }
  return matrix;
};

export const matMulNBits: Operator = {
  infer: (call) => {
    const { type, dims } = input(call, 0);
    const { K, N } = sizesOf(call);
    if (dims === undefined) return [{ type, dims: undefined }];
    if (sameDim(dims.at(-1), K) === null) fail(call, `the last axis must have size K ${K}`, formatDims(dims));
    return [{ type, dims: [...dims.slice(0, -1), N] }];
  },
  evaluate: (call) => {
    const [a, q, scales] = [input(call, 0), input(call, 1), input(call, 2)];
    const sizes = sizesOf(call);
    const { K, N, bits } = sizes;
    if (bits !== 4 && bits !== 8) fail(call, "bits must be 4 or 8 to be evaluated", `${bits}`);
    if (call.inputs.slice(3).some((given) => given !== undefined))
      fail(call, "inputs after the scales are not evaluated", `${call.inputs.length} inputs`);
    const matrix = unpack(sizes, q.data, scales.data);
    const rows = a.data.length / K;
    const out = new Float64Array(rows * N);
    for (let row = 0; row < rows; row++)
      for (let n = 0; n < N; n++)
        for (let k = 0; k < K; k++) out[row * N + n]! += a.data[row * K + k]! * matrix[n * K + k]!;
    return [out];
  },
  // The matrix is unpacked first.
  work: (call, [{ dims }]) => {
    const { K, N } = sizesOf(call);
    return (sizeOf(dims) + N) * K;
  },
};
