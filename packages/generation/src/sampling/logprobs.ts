/**
 * Log-probabilities as the model gives them, before bias, penalties and temperature:
 *
 *   ln p_t = z_t - max z - ln Σ_s exp(z_s - max z)
 */

export type TokenLogprob = {
  readonly token: number;
  /** ln p, at most 0. -Infinity for a token that the model rules out. */
  readonly logprob: number;
};

export type Logprobs = {
  /** The log-probability of the chosen token. */
  readonly logprob: number;
  /** The most likely tokens, the most likely first, of equals the first token. */
  readonly top: readonly TokenLogprob[];
};

/** The `count` tokens of the largest logits. */
const largest = (logits: Float32Array, count: number): readonly number[] => {
  const bound = logits.toSorted()[Math.max(0, logits.length - count)]!;
  const passing: number[] = [];
  for (let token = 0; token < logits.length; token++) if (logits[token]! >= bound) passing.push(token);
  return passing.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, count);
};

/** The log-probabilities of `token` and of the `count` most likely tokens. */
export const logprobsOf = (logits: Float32Array, token: number, count: number): Logprobs => {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  const offset = max + Math.log(sum);
  const of = (each: number): number => logits[each]! - offset;
  const top = count === 0 ? [] : largest(logits, count);
  return { logprob: of(token), top: top.map((each) => ({ token: each, logprob: of(each) })) };
};
