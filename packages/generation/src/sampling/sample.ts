/**
 * Chooses the next token from logits, in the order of transformers' processors:
 *
 *   logit bias, repetition penalty, frequency penalty, presence penalty    for every kind
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
import { tallying, type Tally } from "./tally.ts";

export type Sampled = { readonly token: number; readonly state: SamplerState };

/** @throws RangeError where every token is ruled out, so that none can be chosen */
const checkChoice = (logits: Float32Array, token: number): number => {
  if (logits[token] === -Infinity)
    throw new RangeError("sample: at least one token must not be ruled out, got none that is left");
  return token;
};

/** `sample` after a text whose tokens are counted. */
export const sampleAfter = (
  tally: () => Tally,
  sampling: Sampling,
  state: SamplerState,
  logits: Float32Array,
): Sampled =>
  byKind<Sampling, Sampled, []>("sample", "sampling", sampling, {
    greedy: () => {
      const adjusted = adjust(sampling, logits, tally);
      return { token: checkChoice(adjusted, argmax(adjusted)), state };
    },
    sample: (drawing) => {
      checkLogits("sample", logits, 0, logits.length);
      const adjusted = adjust(sampling, logits, tally);
      const drawn = drawUniform(state);
      return { token: checkChoice(adjusted, draw(drawing, adjusted, drawn.uniform)), state: drawn.state };
    },
  });

/**
 * Chooses a token from logits [vocabSize] and hands the state on.
 *
 * @param history - the text that the token is chosen after; penalties look at it
 * @throws RangeError for a logit that is NaN or Infinity, and where every token is ruled out
 */
export const sample = (
  sampling: Sampling,
  state: SamplerState,
  logits: Float32Array,
  history: History = noHistory,
): Sampled => sampleAfter(() => tallying()(history), sampling, state, logits);
