/**
 * Attention in bands of distance, by plain loops in float64: the oracle for everything that computes it faster.
 *
 *   s_ij = c q_b(i) · k_b(j)      b the band with from_b ≤ i - j < to_b      c = 1 / sqrt(headDim) unless given
 *   P = softmax_j(s_ij)           out_i = Σ_j P_ij v_j
 *
 * Each band has queries and keys of its own (the same vectors, rotated to that band's positions). A key at a distance that no band
 * covers is not attended, and neither is a key after its query. There is one softmax over all bands: SelfExtend, arXiv 2401.01325,
 * section 3.3.
 */
import {
  atLeastZero,
  checkConfig,
  checkFinite,
  checkKeys,
  checkList,
  checkTensor,
  optional,
  whole,
} from "@ropewalk/check";
import { emptyPartial, ofThreeAxes, type PartialAttention } from "./partial.ts";
import type { NamedTensor } from "./named-tensor.ts";

export type AttentionBand = {
  /** Distances i - j covered: from ≤ i - j < to. `to` may be Infinity. */
  readonly from: number;
  readonly to: number;
  readonly queries: NamedTensor<readonly ["numHeads", "queryLen", "headDim"]>;
  readonly keys: NamedTensor<readonly ["numKvHeads", "keyLen", "headDim"]>;
};

/** The result of attention, with the probabilities if they were asked for. */
export type BandedAttention = PartialAttention & {
  readonly probabilities?: NamedTensor<readonly ["numHeads", "queryLen", "keyLen"]>;
};

/**
 * Attention of queries at positions `queryStart`, `queryStart + 1`, … over keys at positions 0, 1, …
 *
 * Head h reads key-value head floor(h / (numHeads / numKvHeads)), as grouped-query attention does.
 *
 * @param config - `scale` of the scores, default 1 / sqrt(headDim); `queryStart`, the first query's position, which must be given if
 *   there are fewer queries than keys and is otherwise 0; `probabilities`: whether the result has P too
 * @param bands - of disjoint distances
 * @param values - [numKvHeads, keyLen, headDim]
 * @throws RangeError when there is no band, bands overlap, shapes disagree, or numKvHeads does not divide numHeads; TypeError
 *   when a type is wrong or a key is not known
 */
export const bandedAttention = (
  config: { readonly scale?: number; readonly queryStart?: number; readonly probabilities?: boolean },
  bands: readonly AttentionBand[],
  values: NamedTensor<readonly ["numKvHeads", "keyLen", "headDim"]>,
  out?: PartialAttention,
): BandedAttention => {
  checkConfig("bandedAttention", config, {
    scale: optional(checkFinite),
    queryStart: true,
    probabilities: true,
  });
  checkList("bandedAttention", "bands", bands);
  bands.forEach((band, index) => {
    checkKeys("bandedAttention", `bands[${index}]`, band, {
      from: atLeastZero,
      to: atLeastZero,
      queries: ofThreeAxes,
      keys: true,
    });
    for (const { from, to } of bands.toSpliced(index, 1))
      if (from >= band.from && from < band.to && from < to)
        throw new RangeError(
          `bandedAttention: bands must not overlap, got [${band.from}, ${band.to}) and one from ${from}`,
        );
  });
  ofThreeAxes("bandedAttention", "values", values);
  const [numHeads, queryLen, headDim] = bands[0]!.queries.dims;
  const [numKvHeads, keyLen] = values.dims;
  if (numHeads % numKvHeads !== 0)
    throw new RangeError(`bandedAttention: numKvHeads must divide numHeads, got ${numKvHeads} and ${numHeads}`);
  for (const band of bands) {
    checkTensor("bandedAttention", "queries", band.queries, [numHeads, queryLen, headDim]);
    checkTensor("bandedAttention", "keys", band.keys, [numKvHeads, keyLen, headDim]);
  }
  checkTensor("bandedAttention", "values", values, [numKvHeads, keyLen, headDim]);
  const result = out ?? emptyPartial(numHeads, queryLen, headDim);
  checkTensor("bandedAttention", "out", result.out, [numHeads, queryLen, headDim]);

  // Fewer queries than keys may be the last ones or the first, so there is no default then.
  const { scale = 1 / Math.sqrt(headDim), queryStart = queryLen === keyLen ? 0 : undefined } = config;
  whole("bandedAttention", "queryStart", queryStart);
  const probabilities = config.probabilities && new Float32Array(numHeads * queryLen * keyLen);
  const scores = new Float64Array(keyLen);
  const row = new Float64Array(headDim);
  for (let h = 0; h < numHeads; h++) {
    const kvHead = ((h * numKvHeads) / numHeads) | 0;
    for (let i = 0; i < queryLen; i++) {
      const query = (h * queryLen + i) * headDim;
      let max = -1e99;
      for (let j = 0; j < keyLen; j++) {
        const distance = queryStart! + i - j;
        scores[j] = -Infinity;
        for (const band of bands) {
          if (distance < band.from || distance >= band.to) continue;
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
        const weight = (scores[j] = Math.exp(scores[j]! - max));
        total += weight;
        const value = (kvHead * keyLen + j) * headDim;
        for (let d = 0; d < headDim; d++) row[d]! += weight * values.data[value + d]!;
      }
      // If the query saw no key, the logarithm is -Infinity and all quotients are 0. No score of float32 is below -1e99.
      result.lse.data[h * queryLen + i] = max + Math.log(total);
      for (let d = 0; d < headDim; d++) result.out.data[query + d] = row[d]! / (total || 1);
      if (probabilities)
        for (let j = 0; j < keyLen; j++) probabilities[(h * queryLen + i) * keyLen + j] = scores[j]! / (total || 1);
    }
  }
  return probabilities
    ? { ...result, probabilities: { dims: [numHeads, queryLen, keyLen], data: probabilities } }
    : result;
};
