/**
 * Exact merge of attention computed over disjoint sets of keys.
 *
 *   m = max_p lse_p      w_p = exp(lse_p - m)      out = Σ_p w_p out_p / Σ_p w_p      lse = m + ln Σ_p w_p
 *
 * For two parts w_a / (w_a + w_b) = sigmoid(lse_a - lse_b). However the keys are split, the result is one softmax over all of
 * them. Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135.
 */
import { checkList, checkTensor } from "@ropewalk/check";
import { emptyPartial, ofThreeAxes, type PartialAttention } from "./partial.ts";

/**
 * Merges any number of partial attentions over disjoint keys.
 *
 * A query that saw no key in any part gets `out` 0 and `lse` -Infinity.
 *
 * @param parts - at least one; all of the same shapes
 * @param out - where to write; must not be one of `parts`
 * @throws RangeError when there is no part or shapes differ
 */
export const mergeAttention = (parts: readonly PartialAttention[], out?: PartialAttention): PartialAttention => {
  checkList("mergeAttention", "parts", parts);
  const first = parts[0]!;
  ofThreeAxes("mergeAttention", "out", first.out);
  const [numHeads, queryLen, headDim] = first.out.dims;
  const merged = out ?? emptyPartial(numHeads, queryLen, headDim);
  for (const part of parts.concat(merged)) {
    checkTensor("mergeAttention", "out", part.out, [numHeads, queryLen, headDim]);
    checkTensor("mergeAttention", "lse", part.lse, [numHeads, queryLen]);
  }
  for (let row = 0; row < numHeads * queryLen; row++) {
    let max = -1e99;
    for (const part of parts) max = Math.max(max, part.lse.data[row]!);
    let total = 0;
    const at = row * headDim;
    merged.out.data.fill(0, at, at + headDim);
    for (const part of parts) {
      const weight = Math.exp(part.lse.data[row]! - max);
      total += weight;
      for (let d = 0; d < headDim; d++) merged.out.data[at + d]! += weight * part.out.data[at + d]!;
    }
    // If the query saw no key, the logarithm is -Infinity and all quotients are 0.
    merged.lse.data[row] = max + Math.log(total);
    for (let d = 0; d < headDim; d++) merged.out.data[at + d]! /= total || 1;
  }
  return merged;
};
