/** Sampling as a value: the steps by which the next token is chosen, and their numbers. */
import { byVariant, number, type Variants } from "@ropewalk/check";
import { adjustmentKeys, checkAdjustmentsFit, hasAdjustments, type Adjustments } from "./adjustments/index.ts";
import { cutKeys, cutsNotInMultiStep, type Cuts } from "./cuts/index.ts";
import { startRandom, type SamplerState } from "./random.ts";

/** Chooses the most likely token. */
export type Greedy = Adjustments & { readonly kind: "greedy" };

/** Draws a token by its probability. */
export type Drawing = Adjustments &
  Cuts & {
    readonly kind: "sample";
    /** Above 0. */
    readonly temperature: number;
    /** The same seed gives the same tokens. */
    readonly seed: number;
  };

export type Sampling = Greedy | Drawing;

/** The fields of each kind, what they must be, and the generator's first state. */
const kinds: Variants<Sampling, SamplerState> = {
  greedy: [adjustmentKeys, () => []],
  sample: [
    {
      temperature: number(
        "positive and finite (greedy is a kind of its own)",
        (value) => value > 0 && value < Infinity,
      ),
      ...cutKeys,
      seed: number("an integer", Number.isInteger),
      ...adjustmentKeys,
    },
    ({ seed }) => startRandom(seed),
  ],
};

/**
 * The state that a run starts with.
 *
 * @param vocabSize - where it is given, token ids must lie inside the vocabulary
 * @throws RangeError naming the field, its rule and its value; TypeError for a key that nobody reads
 */
export const startSampling = (sampling: Sampling, vocabSize: number = Infinity): SamplerState => {
  const state = byVariant("startSampling", "sampling", sampling, kinds);
  checkAdjustmentsFit("startSampling", sampling, vocabSize);
  return state;
};

/** Whether a row's largest logit is the token, as it comes out of the graph. */
export const isPlainGreedy = (sampling: Sampling): boolean => sampling.kind === "greedy" && !hasAdjustments(sampling);

/** Names the steps of a sampling that the multi-step graph cannot do. Undefined where it can do all. */
export const samplingNotInMultiStep = (sampling: Sampling): string | undefined => {
  const names = [
    ...Object.keys(adjustmentKeys).filter((name) => hasAdjustments({ [name]: sampling[name as keyof Adjustments] })),
    ...(sampling.kind === "sample" ? cutsNotInMultiStep(sampling) : []),
  ];
  return names.length === 0 ? undefined : names.join(" and ");
};
