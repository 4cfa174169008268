/**
 * Attention in bands of distance, by plain loops in float64: the oracle for everything that computes it faster.
 *
 *   s_ij = c q_b(i) · k_b(j)      b the band with from_b ≤ i - j < to_b      c = 1 / sqrt(headDim) unless given
 *   P = softmax_j(s_ij)           out_i = Σ_j P_ij v_j
 *
 * Each band has queries and keys of its own (the same vectors, rotated to that band's positions). A key whose distance no
 * band covers is not attended, and no key after its query ever is. One softmax over all bands: SelfExtend, arXiv
 * 2401.01325, section 3.3.
 */
import { checkTensor, emptyPartial, type PartialAttention } from "./partial.ts";
import type { Tensor } from "./tensor.ts";

export type AttentionBand = {
  /** Distances i - j covered: from ≤ i - j < to. `to` may be Infinity. */
  readonly from: number;
  readonly to: number;
  readonly queries: Tensor<readonly ["numHeads", "queryLen", "headDim"]>;
  readonly keys: Tensor<readonly ["numKvHeads", "keyLen", "headDim"]>;
};

/** @throws RangeError when two bands cover the same distance. */
const checkBands = (bands: readonly AttentionBand[]): void => {
  const sorted = bands.toSorted((a, b) => a.from - b.from);
  sorted.forEach(({ from }, index) => {
    const before = sorted[index - 1];
    if (before && from < before.to)
      throw new RangeError(
        `bandedAttention: bands must not overlap, got [${before.from}, ${before.to}) and one from ${from}`,
      );
  });
};

/**
 * Attention of queries at positions `queryStart`, `queryStart + 1`, … over keys at positions 0, 1, …
 *
 * Head h reads key-value head floor(h / (numHeads / numKvHeads)), as grouped-query attention does.
 *
 * @param config - `scale` of the scores, default 1 / sqrt(headDim); `queryStart`, the first query's position, default 0
 * @param bands - of disjoint distances
 * @param values - [numKvHeads, keyLen, headDim]
 * @throws RangeError when there is no band, bands overlap, shapes disagree, or numKvHeads does not divide numHeads
 */
export const bandedAttention = (
  config: { readonly scale?: number; readonly queryStart?: number },
  bands: readonly AttentionBand[],
  values: Tensor<readonly ["numKvHeads", "keyLen", "headDim"]>,
  out?: PartialAttention,
): PartialAttention => {
  const [first] = bands;
  if (!first) throw new RangeError("bandedAttention: bands must hold at least 1, got 0");
  const [numHeads, queryLen, headDim] = first.queries.dims;
  const [numKvHeads, keyLen] = values.dims;
  if (numHeads % numKvHeads !== 0)
    throw new RangeError(`bandedAttention: numKvHeads must divide numHeads, got ${numKvHeads} and ${numHeads}`);
  for (const band of bands) {
    checkTensor("bandedAttention: queries", band.queries, [numHeads, queryLen, headDim]);
    checkTensor("bandedAttention: keys", band.keys, [numKvHeads, keyLen, headDim]);
  }
  checkTensor("bandedAttention: values", values, [numKvHeads, keyLen, headDim]);
  const result = out ?? emptyPartial(numHeads, queryLen, headDim);
  checkTensor("bandedAttention: out", result.out, [numHeads, queryLen, headDim]);
  checkBands(bands);

  const { scale = 1 / Math.sqrt(headDim), queryStart = 0 } = config;
  const scores = new Float64Array(keyLen);
  const row = new Float64Array(headDim);
  for (let h = 0; h < numHeads; h++) {
    const kvHead = Math.floor((h * numKvHeads) / numHeads);
    for (let i = 0; i < queryLen; i++) {
      const query = (h * queryLen + i) * headDim;
      let max = -Infinity;
      for (let j = 0; j < keyLen; j++) {
        const distance = queryStart + i - j;
        scores[j] = -Infinity;
        for (const band of bands) {
          if (distance < 0 || distance < band.from || distance >= band.to) continue;
          let dot = 0;
          const key = (kvHead * keyLen + j) * headDim;
          for (let d = 0; d < headDim; d++) dot += band.queries.data[query + d]! * band.keys.data[key + d]!;
          scores[j] = dot * scale;
        }
        max = Math.max(max, scores[j]!);
      }
      let total = 0;
      row.fill(0);
      for (let j = 0; j < keyLen; j++) {
        const weight = scores[j] === -Infinity ? 0 : Math.exp(scores[j]! - max);
        total += weight;
        const value = (kvHead * keyLen + j) * headDim;
        for (let d = 0; d < headDim; d++) row[d]! += weight * values.data[value + d]!;
      }
      for (let d = 0; d < headDim; d++) result.out.data[query + d] = total > 0 ? row[d]! / total : 0;
      result.lse.data[h * queryLen + i] = total > 0 ? max + Math.log(total) : -Infinity;
    }
  }
  return result;
};
