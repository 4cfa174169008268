/**
 * Every scaling comes to two things: how fast each pair of dimensions turns, and one number that multiplies cos and sin.
 * The default is RoFormer's, arXiv 2104.09864, section 3.2.2:
 *
 *     f(j) = theta^(-2j / d)        j = 0 … d/2 - 1,  d = rotaryDim
 *
 * Pair 0 turns by one radian a token, later pairs ever more slowly. A scaling changes theta, or f pair by pair.
 */
import { match } from "ts-pattern";
import { checkNumbers, checkRotaryDim } from "./check.ts";
import type { Change, RopeFrequencies, RopeScaling } from "./scaling.ts";
import { abf } from "./scalings/abf.ts";
import { dynamicNtk } from "./scalings/dynamic-ntk.ts";
import { linear } from "./scalings/linear.ts";
import { llama3 } from "./scalings/llama3.ts";
import { longrope } from "./scalings/longrope.ts";
import { ntkAware } from "./scalings/ntk-aware.ts";
import { yarn } from "./scalings/yarn.ts";

/**
 * The frequencies of `rotaryDim / 2` pairs, in radians per token, and the attention scale.
 *
 * `seqLen` is the planned length in tokens; absent, the sequence stays within the trained window. Two scalings read it:
 * see {@link dependsOnLength}. The numbers are those of `ROPE_INIT_FUNCTIONS` in Hugging Face transformers, in float64.
 *
 * @throws RangeError when a number is out of its range, or is none; the message has its value.
 */
export const ropeFrequencies = ({
  rotaryDim,
  theta,
  scaling,
  seqLen = 1,
}: {
  readonly rotaryDim: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
  readonly seqLen?: number;
}): RopeFrequencies => {
  checkRotaryDim("ropeFrequencies", rotaryDim);
  checkNumbers({ theta, seqLen });
  const {
    theta: base = theta,
    frequency = (f) => f,
    attentionScale = 1,
  }: Change = match(scaling)
    .with({ kind: "default" }, () => ({}))
    .with({ kind: "linear" }, linear)
    .with({ kind: "ntk-aware" }, (row) => ntkAware({ rotaryDim, theta, seqLen }, row))
    .with({ kind: "dynamic-ntk" }, (row) => dynamicNtk({ rotaryDim, theta, seqLen }, row))
    .with({ kind: "yarn" }, (row) => yarn({ rotaryDim, theta, seqLen }, row))
    .with({ kind: "llama3" }, llama3)
    .with({ kind: "longrope" }, (row) => longrope({ rotaryDim, theta, seqLen }, row))
    .with({ kind: "abf" }, abf)
    .exhaustive();
  const inverseFrequencies = new Float64Array(rotaryDim / 2).map((_, j) =>
    frequency(base ** ((-2 * j) / rotaryDim), j),
  );
  checkNumbers({ attentionScale });
  return { inverseFrequencies, attentionScale };
};

/** Whether the frequencies change with `seqLen`, so that keys rotated for one length are wrong for another. */
export const dependsOnLength = (scaling: RopeScaling): boolean =>
  scaling.kind === "dynamic-ntk" || scaling.kind === "longrope";
