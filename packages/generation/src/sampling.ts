/**
 * Choosing the next token from logits.
 *
 *   greedy   argmax, the first of equals
 *   sample   p = softmax(logits / temperature), cut to the topK most likely, then to the smallest set of the most likely
 *            whose probabilities sum to topP or more (Holtzman et al., arXiv 1904.09751), renormalised
 */
import { byKind, byVariant, checkArray, checkInteger, number, optional, share, type Variants } from "@ropewalk/check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { firstNoNumber } from "./numbers.ts";

export type Sampling =
  | { readonly kind: "greedy" }
  | {
      readonly kind: "sample";
      /** Above 0. */
      readonly temperature: number;
      readonly topK?: number;
      /** Above 0, at most 1. */
      readonly topP?: number;
      /** The same seed gives the same tokens. */
      readonly seed: number;
    };

/** The generator's state; greedy sampling has none. */
export type SamplerState = readonly number[];

export type Sampled = { readonly token: number; readonly state: SamplerState };

const positiveInteger = number("a positive integer", (value) => Number.isInteger(value) && value > 0);

/** The fields of each kind, what they must be, and the generator's first state. */
const kinds: Variants<Sampling, SamplerState> = {
  greedy: [{}, () => []],
  sample: [
    {
      temperature: number(
        "positive and finite (greedy is a kind of its own)",
        (value) => value > 0 && value < Infinity,
      ),
      topK: optional(positiveInteger),
      topP: optional(share),
      seed: number("an integer", Number.isInteger),
    },
    ({ seed }) => {
      // The generator starts badly from small seeds (its first number for 1 is all but 1): begin 2^64 steps further on.
      const generator = xoroshiro128plus(seed);
      generator.jump();
      return generator.getState();
    },
  ],
};

/** @throws RangeError naming the field, its rule and its value; TypeError for a key that nobody reads. */
export const startSampling = (sampling: Sampling): SamplerState =>
  byVariant("startSampling", "sampling", sampling, kinds);

const checkNumbers = (where: string, logits: Float32Array, offset: number, vocabSize: number): void => {
  const at = firstNoNumber(logits, offset, vocabSize);
  if (at >= 0)
    throw new RangeError(`${where}: logits must be numbers below Infinity, got ${logits[offset + at]} at index ${at}`);
};

/** Index, counted from `offset`, of the largest of `vocabSize` logits, by default all behind it; the first of equals. @throws RangeError for one that is NaN or Infinity */
export const argmax = (logits: Float32Array, offset: number = 0, given?: number): number => {
  checkArray("argmax", "logits", logits, "Float32Array");
  const vocabSize = given ?? logits.length - offset;
  checkInteger("argmax", "offset", offset, 0);
  checkInteger("argmax", "vocabSize", vocabSize, 1, logits.length - offset);
  checkNumbers("argmax", logits, offset, vocabSize);
  let best = 0;
  for (let token = 1; token < vocabSize; token++) if (logits[offset + token]! > logits[offset + best]!) best = token;
  return best;
};

type Candidate = { readonly token: number; readonly weight: number };

/** The `count` tokens of the largest logits, largest first; of equals, the first tokens. */
const mostLikely = (logits: Float32Array, count: number): readonly number[] => {
  // Sorting numbers is many times faster than sorting tokens by their number: find the bound first, then sort what passes.
  const bound = logits.toSorted()[Math.max(0, logits.length - count)]!;
  const passing: number[] = [];
  for (let token = 0; token < logits.length; token++) if (logits[token]! >= bound) passing.push(token);
  return passing.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, count);
};

/** The smallest set of the most likely whose weights reach `topP` of all. */
const nucleus = (candidates: readonly Candidate[], topP: number): readonly Candidate[] => {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const last = candidates.findIndex(({ weight }) => (reached += weight / total) >= topP);
  return last < 0 ? candidates : candidates.slice(0, last + 1);
};

export type Drawn = { readonly uniform: number; readonly state: SamplerState };

/** A number from 0 on and below 1, and the state behind it. */
export const drawUniform = (state: SamplerState): Drawn => {
  const generator = xoroshiro128plusFromState(state);
  return { uniform: uniformFloat64(generator), state: generator.getState() };
};

/** Chooses a token from logits [vocabSize] and hands the state on. @throws RangeError for one that is NaN or Infinity */
export const sample = (sampling: Sampling, state: SamplerState, logits: Float32Array): Sampled =>
  byKind<Sampling, Sampled, []>("sample", "sampling", sampling, {
    greedy: () => ({ token: argmax(logits), state }),
    sample: ({ temperature, topK = logits.length, topP = 1 }) => {
      checkNumbers("sample", logits, 0, logits.length);
      const drawn = drawUniform(state);
      const order = mostLikely(logits, Math.min(topK, logits.length));
      const max = logits[order[0]!]!;
      const weighed = order.map((token) => ({ token, weight: Math.exp((logits[token]! - max) / temperature) }));
      const kept = nucleus(weighed, topP);
      let left = drawn.uniform * kept.reduce((sum, { weight }) => sum + weight, 0);
      const chosen = kept.find(({ weight }) => (left -= weight) < 0) ?? kept.at(-1)!;
      return { token: chosen.token, state: drawn.state };
    },
  });
