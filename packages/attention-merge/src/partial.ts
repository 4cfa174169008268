/**
 * What attention over some of the keys leaves behind: enough to be merged exactly with attention over the others.
 *
 *   out = Σ_j softmax(s)_j v_j        lse = ln Σ_j exp(s_j)        over the keys j that were seen
 */
import type { Tensor } from "./tensor.ts";

export type PartialAttention = {
  readonly out: Tensor<readonly ["numHeads", "queryLen", "headDim"]>;
  /** Log of the sum of exponentiated scores, natural logarithm; -Infinity where a query saw no key (its `out` is 0). */
  readonly lse: Tensor<readonly ["numHeads", "queryLen"]>;
};

/** Zeroed room for a partial attention. */
export const emptyPartial = (numHeads: number, queryLen: number, headDim: number): PartialAttention => ({
  out: { dims: [numHeads, queryLen, headDim], data: new Float32Array(numHeads * queryLen * headDim) },
  lse: { dims: [numHeads, queryLen], data: new Float32Array(numHeads * queryLen).fill(-Infinity) },
});

type Shaped = { readonly dims: readonly number[]; readonly data: Float32Array };

/** @throws RangeError naming `where` and both shapes, or both numbers of elements. */
export const checkTensor = (where: string, { dims, data }: Shaped, want: readonly number[]): void => {
  if (dims.length !== want.length || dims.some((size, axis) => size !== want[axis]))
    throw new RangeError(`${where} must be [${want}], got [${dims}]`);
  const size = want.reduce((product, dim) => product * dim, 1);
  if (data.length !== size)
    throw new RangeError(`${where} of [${want}] must hold ${size} elements, got ${data.length}`);
};
