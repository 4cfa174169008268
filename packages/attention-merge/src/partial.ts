/**
 * The result of attention over some of the keys. It can be merged exactly with attention over the other keys.
 *
 *   out = Σ_j softmax(s)_j v_j        lse = ln Σ_j exp(s_j)        over the keys j that were seen
 */
import { ofRank, type Rule } from "@ropewalk/check";
import type { NamedTensor } from "./named-tensor.ts";

export type PartialAttention = {
  readonly out: NamedTensor<readonly ["numHeads", "queryLen", "headDim"]>;
  /** The natural logarithm of the sum of exponentiated scores; -Infinity for a query that saw no key (its `out` is 0). */
  readonly lse: NamedTensor<readonly ["numHeads", "queryLen"]>;
};

/** A partial attention over no keys, as memory to write to. */
export const emptyPartial = (numHeads: number, queryLen: number, headDim: number): PartialAttention => ({
  out: { dims: [numHeads, queryLen, headDim], data: new Float32Array(numHeads * queryLen * headDim) },
  lse: { dims: [numHeads, queryLen], data: new Float32Array(numHeads * queryLen).fill(-Infinity) },
});

/** The rule for queries, keys, values and results of attention: three axes. */
export const ofThreeAxes: Rule = ofRank(3);
