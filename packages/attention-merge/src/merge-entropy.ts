/**
 * The entropy of attention over keys in parts, from the entropy of each part, exactly.
 *
 *   w_p = exp(lse_p - lse)      lse = ln Σ_p exp(lse_p)      H = Σ_p w_p (H_p - ln w_p)
 *
 * A key j with the probability q_j in its part p has w_p q_j in the whole:  -Σ w_p q_j ln(w_p q_j) = Σ_p w_p (-Σ_j q_j ln q_j - ln w_p).
 * In nats, 0 ln 0 = 0.
 */
import { checkList, checkTensor, ofRank } from "@ropewalk/check";
import type { NamedTensor } from "./named-tensor.ts";

/** The entropy of attention over some of the keys, and the weight of these keys. */
export type PartialEntropy = {
  /** In nats; any number for a query that saw no key. */
  readonly entropy: NamedTensor<readonly ["numHeads", "queryLen"]>;
  /** As in `PartialAttention`; -Infinity for a query that saw no key. */
  readonly lse: NamedTensor<readonly ["numHeads", "queryLen"]>;
};

const empty = (numHeads: number, queryLen: number): PartialEntropy => ({
  entropy: { dims: [numHeads, queryLen], data: new Float32Array(numHeads * queryLen) },
  lse: { dims: [numHeads, queryLen], data: new Float32Array(numHeads * queryLen).fill(-Infinity) },
});

/**
 * Merges the entropies of any number of parts over disjoint keys.
 *
 * A query that saw no key in any part gets `entropy` 0 and `lse` -Infinity.
 *
 * @param parts - at least one; all of the same shapes
 * @param out - where to write; must not be one of `parts`
 * @throws RangeError when there is no part or shapes differ
 */
export const mergeEntropy = (parts: readonly PartialEntropy[], out?: PartialEntropy): PartialEntropy => {
  checkList("mergeEntropy", "parts", parts);
  const first = parts[0]!;
  ofRank(2)("mergeEntropy", "entropy", first.entropy);
  const [numHeads, queryLen] = first.entropy.dims;
  const merged = out ?? empty(numHeads, queryLen);
  for (const part of parts.concat(merged)) {
    checkTensor("mergeEntropy", "entropy", part.entropy, [numHeads, queryLen]);
    checkTensor("mergeEntropy", "lse", part.lse, [numHeads, queryLen]);
  }
  for (let row = 0; row < numHeads * queryLen; row++) {
    let max = -1e99;
    for (const part of parts) max = Math.max(max, part.lse.data[row]!);
    let total = 0;
    for (const part of parts) total += Math.exp(part.lse.data[row]! - max);
    const lse = max + Math.log(total);
    let entropy = 0;
    for (const part of parts) {
      const logWeight = part.lse.data[row]! - lse;
      const weight = Math.exp(logWeight);
      if (weight > 0) entropy += weight * (part.entropy.data[row]! - logWeight);
    }
    merged.entropy.data[row] = entropy;
    merged.lse.data[row] = lse;
  }
  return merged;
};
