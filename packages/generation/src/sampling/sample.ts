/**
 * Choosing the next token from logits, in the order of transformers' processors:
 *
 *   logit bias, repetition penalty, frequency penalty, presence penalty, mask    for every kind
 *   greedy   argmax, the first of equals
 *   sample   p = softmax(logits / temperature), cut to the topK most likely, then to the smallest set of the most likely
 *            whose probabilities sum to topP or more, then to those of at least minP times the largest, renormalised
 */
import { byKind } from "@ropewalk/check";
import { adjust } from "./adjustments/index.ts";
import { argmax, checkLogits } from "./argmax.ts";
import { draw } from "./draw.ts";
import { noHistory, type History } from "./history.ts";
import { drawUniform, type SamplerState } from "./random.ts";
import type { Sampling } from "./sampling.ts";

/**
 * Rules out tokens that may not come next: sets their logits [vocabSize] to -Infinity. It is asked for every token, behind all that came;
 * what came is handed over, so that a mask needs to remember nothing.
 */
export type Mask = (logits: Float32Array, history: History) => void;

export type Sampled = { readonly token: number; readonly state: SamplerState };

/** The logits without the tokens that are ruled out; those that were given stay as they are. */
const masked = (
  adjusted: Float32Array,
  given: Float32Array,
  history: History,
  mask: Mask | undefined,
): Float32Array => {
  if (mask === undefined) return adjusted;
  const own = adjusted === given ? adjusted.slice() : adjusted;
  mask(own, history);
  return own;
};

/** A row in which every token is ruled out has none to choose. */
const checkChoice = (logits: Float32Array, token: number): number => {
  if (logits[token] === -Infinity)
    throw new RangeError("sample: at least one token must not be ruled out, got none that is left");
  return token;
};

/**
 * Chooses a token from logits [vocabSize] and hands the state on.
 *
 * @param history - what the token stands behind; penalties look at it
 * @param mask - rules out tokens
 * @throws RangeError for a logit that is NaN or Infinity, and where every token is ruled out
 */
export const sample = (
  sampling: Sampling,
  state: SamplerState,
  logits: Float32Array,
  history: History = noHistory,
  mask?: Mask,
): Sampled =>
  byKind<Sampling, Sampled, []>("sample", "sampling", sampling, {
    greedy: () => {
      const adjusted = masked(adjust(sampling, logits, history), logits, history, mask);
      return { token: checkChoice(adjusted, argmax(adjusted)), state };
    },
    sample: (drawing) => {
      checkLogits("sample", logits, 0, logits.length);
      const adjusted = masked(adjust(sampling, logits, history), logits, history, mask);
      const drawn = drawUniform(state);
      return { token: checkChoice(adjusted, draw(drawing, adjusted, drawn.uniform)), state: drawn.state };
    },
  });
