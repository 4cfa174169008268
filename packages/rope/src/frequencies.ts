/**
 * Every scaling gives two things: how fast each pair of dimensions turns, and one number that multiplies cos and sin.
 * The default is RoFormer's, arXiv 2104.09864, section 3.2.2:
 *
 *     f(j) = theta^(-2j / d)        j = 0 … d/2 - 1,  d = rotaryDim
 *
 * Pair 0 turns by one radian per token, later pairs ever more slowly. A scaling changes theta, or f pair by pair.
 */
import {
  aboveZero,
  anyNumber,
  atLeastOne,
  byVariant,
  checkConfig,
  checkFunction,
  oneOf,
  optional,
  trueOrFalse,
  type Variants,
} from "@ropewalk/check";
import { rotaryDimUpTo } from "./check.ts";
import type { Basis, Change, RopeFrequencies, RopeScaling } from "./scaling.ts";
import { abf } from "./scalings/abf.ts";
import { custom } from "./scalings/custom.ts";
import { dynamicNtk } from "./scalings/dynamic-ntk.ts";
import { linear } from "./scalings/linear.ts";
import { llama3 } from "./scalings/llama3.ts";
import { longrope } from "./scalings/longrope.ts";
import { mrRope } from "./scalings/mr-rope.ts";
import { ntkAware } from "./scalings/ntk-aware.ts";
import { yarn } from "./scalings/yarn.ts";

const stretching = { factor: atLeastOne } as const;
const trained = { ...stretching, originalContext: aboveZero } as const;
const betas = { betaFast: true, betaSlow: optional(aboveZero) } as const;

/** For each kind: the checks of its fields, and the function that gives its change of the default. */
const scalings: Variants<RopeScaling, Change, [basis: Basis]> = {
  default: [{}, () => ({})],
  linear: [stretching, linear],
  "ntk-aware": [stretching, ntkAware],
  "dynamic-ntk": [trained, dynamicNtk],
  yarn: [
    {
      ...trained,
      ...betas,
      truncate: optional(trueOrFalse),
      mscale: optional(anyNumber),
      mscaleAllDim: optional(anyNumber),
      attentionFactor: optional(anyNumber),
    },
    yarn,
  ],
  llama3: [{ ...trained, lowFreqFactor: aboveZero, highFreqFactor: true }, llama3],
  longrope: [{ ...trained, attentionFactor: optional(anyNumber), shortFactor: true, longFactor: true }, longrope],
  abf: [{ theta: aboveZero }, abf],
  "mr-rope": [{ ...trained, ...betas, variant: oneOf(["uniform", "progressive"]) }, mrRope],
  custom: [{ factor: optional(atLeastOne), frequencies: checkFunction }, custom],
};

/** All kinds of scalings. */
export const ropeKinds: readonly RopeScaling["kind"][] = Object.keys(scalings) as RopeScaling["kind"][];

/**
 * The frequencies of `rotaryDim / 2` pairs, in radians per token, and the attention scale.
 *
 * `seqLen` is the planned length in tokens; leave it out when the sequence stays within the trained context. Only some scalings
 * read it: see {@link dependsOnLength}. The numbers equal those of `ROPE_INIT_FUNCTIONS` in Hugging Face transformers, computed
 * in float64.
 *
 * @throws RangeError when a number is out of its range or the kind is unknown, TypeError when one is not a number or a key is
 * not known; the message has the value.
 */
export const ropeFrequencies = (config: {
  readonly rotaryDim: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
  readonly seqLen?: number;
}): RopeFrequencies => {
  const {
    rotaryDim,
    theta,
    scaling,
    seqLen = 1,
  } = checkConfig("ropeFrequencies", config, {
    rotaryDim: rotaryDimUpTo(Infinity),
    theta: aboveZero,
    scaling: true,
    seqLen: optional(aboveZero),
  });
  const {
    theta: base = theta,
    frequency = (f) => f,
    attentionScale = 1,
  }: Change = byVariant("ropeFrequencies", "scaling", scaling, scalings, { rotaryDim, theta, seqLen });
  const inverseFrequencies = new Float64Array(rotaryDim / 2).map((_, j) =>
    frequency(base ** ((-2 * j) / rotaryDim), j),
  );
  aboveZero("ropeFrequencies", "attentionScale", attentionScale);
  return { inverseFrequencies, attentionScale };
};

/** Whether the frequencies may change with `seqLen`, so that keys rotated for one length are wrong for another. */
export const dependsOnLength = ({ kind }: RopeScaling): boolean => ["dynamic-ntk", "longrope", "custom"].includes(kind);
