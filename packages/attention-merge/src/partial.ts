/**
 * What attention over some of the keys leaves behind: enough to be merged exactly with attention over the others.
 *
 *   out = Σ_j softmax(s)_j v_j        lse = ln Σ_j exp(s_j)        over the keys j that were seen
 */
import { ofRank, type Rule } from "@ropewalk/check";
import type { NamedTensor } from "./named-tensor.ts";

export type PartialAttention = {
  readonly out: NamedTensor<readonly ["numHeads", "queryLen", "headDim"]>;
  /** Log of the sum of exponentiated scores, natural logarithm; -Infinity where a query saw no key (its `out` is 0). */
  readonly lse: NamedTensor<readonly ["numHeads", "queryLen"]>;
};

/** Zeroed room for a partial attention. */
export const emptyPartial = (numHeads: number, queryLen: number, headDim: number): PartialAttention => ({
  out: { dims: [numHeads, queryLen, headDim], data: new Float32Array(numHeads * queryLen * headDim) },
  lse: { dims: [numHeads, queryLen], data: new Float32Array(numHeads * queryLen).fill(-Infinity) },
});

/** Queries, keys, values and what attention gives have three axes. */
export const ofThreeAxes: Rule = ofRank(3);
