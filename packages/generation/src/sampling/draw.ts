/**
 * Drawing a token from logits z:
 *
 *   w_t = exp((z_t - max z) / temperature), the largest first, of equals the first token
 *   cut to some of the largest; the first t with  w_0 + … + w_t > u Σ w,  u uniform in [0, 1)
 */
import { cut, type Cuts } from "./cuts/index.ts";

/** The token at place `rank` when all stand by their logits, the largest first, of equals the first token. */
const tokenAt = (logits: Float32Array, ascending: Float32Array, rank: number): number => {
  const at = ascending.length - 1 - rank;
  const logit = ascending[at]!;
  let before = 0;
  while (ascending[at + before + 1] === logit) before += 1;
  return logits.findIndex((each) => each === logit && before-- === 0);
};

/** One of the tokens that are not ruled out, of which there is one at least. */
export const draw = (
  { temperature, ...cuts }: Cuts & { readonly temperature: number },
  logits: Float32Array,
  uniform: number,
): number => {
  // Sorting numbers is many times faster than sorting tokens by their number: which token it is, is looked up at the end.
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
  let left = uniform * kept.reduce((sum, weight) => sum + weight, 0);
  const rank = kept.findIndex((weight) => (left -= weight) < 0);
  return tokenAt(logits, ascending, rank < 0 ? kept.length - 1 : rank);
};
