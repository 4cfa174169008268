/**
 * Draws a token from logits z:
 *
 *   w_t = exp((z_t - max z) / temperature), sorted with the largest first, of equals the first token
 *   the weights are cut to some of the largest; drawn is the first t with  w_0 + … + w_t > u Σ w,  u uniform in [0, 1)
 */
import { cut, type Cuts } from "./cuts/index.ts";

/** The token at place `rank` where tokens are sorted by their logits, the largest first, of equals the first token. */
const tokenAt = (logits: Float32Array, ascending: Float32Array, rank: number): number => {
  const at = ascending.length - 1 - rank;
  const logit = ascending[at]!;
  let equalsBefore = 0;
  while (ascending[at + equalsBefore + 1] === logit) equalsBefore += 1;
  let token = logits.indexOf(logit);
  for (let skipped = 0; skipped < equalsBefore; skipped++) token = logits.indexOf(logit, token + 1);
  return token;
};

/** The first place at which the sum of weights exceeds the part `uniform` of their total. */
const rankAt = (weights: Float64Array, uniform: number): number => {
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (let rank = 0; rank < weights.length; rank++) {
    left -= weights[rank]!;
    if (left < 0) return rank;
  }
  return weights.length - 1;
};

/** Draws one of the tokens that are not ruled out. There must be at least one. */
export const draw = (
  { temperature, ...cuts }: Cuts & { readonly temperature: number },
  logits: Float32Array,
  uniform: number,
): number => {
  // Sorting numbers is many times faster than sorting tokens by their logits. The drawn token is looked up at the end.
  const ascending = logits.toSorted();
  const max = ascending.at(-1)!;
  const weights = new Float64Array(ascending.length);
  let possible = 0;
  for (let at = ascending.length - 1; at >= 0; at--) {
    const weight = Math.exp((ascending[at]! - max) / temperature);
    // A token without any weight is never drawn.
    if (weight === 0) break;
    weights[possible] = weight;
    possible += 1;
  }
  const kept = cut(cuts, weights.subarray(0, possible));
  return tokenAt(logits, ascending, rankAt(kept, uniform));
};
