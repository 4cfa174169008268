/**
 * How a GGUF file states its rotary embedding, in the words of config.json. As llama.cpp reads it, a file that states no type is `linear`:
 *
 *     position = token / factor          the factor is 1 where it is absent or 0
 */
import { check } from "@ropewalk/check";
import type { ArchitectureKeys } from "./keys.ts";
import { llama3Of } from "./llama3-factors.ts";

type Json = Readonly<Record<string, unknown>>;

/** Numbers by which frequencies are divided, one for each pair: tensors of the file. */
export type FrequencyFactors = {
  /** `rope_freqs.weight`: at all lengths. */
  readonly all?: Float32Array | undefined;
  /** `rope_factors_short.weight` and `rope_factors_long.weight`: up to the original window, and beyond. */
  readonly short?: Float32Array | undefined;
  readonly long?: Float32Array | undefined;
};

/** partial_rotary_factor, so that its product with the head's width is the rotating part again. */
const shareOf = (rotaryDim: number, headDim: number): number => {
  const share = rotaryDim / headDim;
  return Math.floor(headDim * share) === rotaryDim ? share : (rotaryDim + 0.25) / headDim;
};

type Numbers = { readonly theta: number; readonly rotaryDim: number; readonly context: number };

/** By what positions are divided. Old files name the key `rope.scale_linear`. */
const factorOf = (keys: ArchitectureKeys): number => {
  const [factor, old] = [keys.number("rope.scaling.factor"), keys.number("rope.scale_linear")];
  const agree = factor === undefined || old === undefined || factor === old;
  keys.check(agree, "rope.scale_linear", `must be rope.scaling.factor ${factor}`, old);
  return (factor ?? old) || 1;
};

type StatedScaling = { readonly type: string; readonly factor: number };

/** Positions that are divided beside tensors of factors are not read, so that nothing is left out silently. */
const checkUndivided = (keys: ArchitectureKeys, factor: number, where: string): void =>
  keys.check(factor === 1, "rope.scaling.factor", `must be 1 or absent ${where}`, factor);

/** A factor above 0 for each pair that rotates. @throws RangeError naming the tensor */
const checkFactors = (keys: ArchitectureKeys, name: string, factors: Float32Array, rotaryDim: number): void => {
  check(factors.length === rotaryDim / 2, `${keys.at}: ${name} must have ${rotaryDim / 2} numbers`, factors.length);
  const wrong = factors.findIndex((factor) => !(factor > 0 && factor < Infinity));
  check(wrong < 0, `${keys.at}: ${name}[${wrong}] must be a finite number above 0`, factors[wrong]);
};

const fromFactors = (
  keys: ArchitectureKeys,
  factors: FrequencyFactors,
  numbers: Numbers,
  { type, factor }: StatedScaling,
): Json | undefined => {
  const { all, short, long } = factors;
  if (all !== undefined) {
    keys.check(
      type === "none" || type === "linear",
      "rope.scaling.type",
      "must be none or linear beside rope_freqs.weight",
      type,
    );
    checkUndivided(keys, factor, "beside rope_freqs.weight");
    checkFactors(keys, "rope_freqs.weight", all, numbers.rotaryDim);
    // The same factors at all lengths are LongRoPE whose two lists are one.
    return (
      llama3Of(numbers, all) ?? {
        rope_type: "longrope",
        short_factor: [...all],
        long_factor: [...all],
        attention_factor: 1,
        original_max_position_embeddings: numbers.context,
      }
    );
  }
  if (short === undefined && long === undefined) return undefined;
  check(
    short !== undefined,
    `${keys.at}: there must be rope_factors_short.weight beside rope_factors_long.weight`,
    short,
  );
  check(
    long !== undefined,
    `${keys.at}: there must be rope_factors_long.weight beside rope_factors_short.weight`,
    long,
  );
  keys.check(
    ["none", "linear", "longrope"].includes(type),
    "rope.scaling.type",
    "must be longrope, none or linear beside rope_factors_long.weight",
    type,
  );
  checkUndivided(keys, factor, "beside rope_factors_long.weight");
  checkFactors(keys, "rope_factors_short.weight", short, numbers.rotaryDim);
  checkFactors(keys, "rope_factors_long.weight", long, numbers.rotaryDim);
  return {
    rope_type: "longrope",
    short_factor: [...short],
    long_factor: [...long],
    attention_factor: keys.number("rope.scaling.attn_factor") ?? 1,
    original_max_position_embeddings: keys.needNumber("rope.scaling.original_context_length"),
  };
};

const yarn = (keys: ArchitectureKeys): Json => {
  const factor = keys.needNumber("rope.scaling.factor");
  const times = keys.number("rope.scaling.attn_factor") ?? keys.number("rope.scaling.yarn_attn_factor") ?? 1;
  const [fast, slow] = [keys.number("rope.scaling.yarn_beta_fast"), keys.number("rope.scaling.yarn_beta_slow")];
  const extrapolated = keys.number("rope.scaling.yarn_ext_factor") ?? 1;
  keys.check(extrapolated === 1, "rope.scaling.yarn_ext_factor", "must be 1", extrapolated);
  return {
    rope_type: "yarn",
    factor,
    original_max_position_embeddings: keys.needNumber("rope.scaling.original_context_length"),
    ...(fast !== undefined && { beta_fast: fast }),
    ...(slow !== undefined && { beta_slow: slow }),
    // The file's factor is one more, beside the method's own.
    ...(times !== 1 && { attention_factor: times * (1 + 0.1 * Math.log(factor)) }),
  };
};

const byType = (keys: ArchitectureKeys, { type, factor }: StatedScaling): Json | undefined => {
  if (type === "yarn") return yarn(keys);
  keys.check(
    type === "none" || type === "linear",
    "rope.scaling.type",
    "must be one of none, linear, yarn, or longrope with tensors of factors",
    type,
  );
  if (type === "none") checkUndivided(keys, factor, "where rope.scaling.type is none");
  const times = keys.number("rope.scaling.attn_factor") ?? 1;
  keys.check(times === 1, "rope.scaling.attn_factor", `must be 1 where rope.scaling.type is ${type}`, times);
  return factor === 1 ? undefined : { rope_type: "linear", factor };
};

/** The keys of config.json for rotations: rope_theta, rope_scaling, partial_rotary_factor. */
export const ropeConfig = (keys: ArchitectureKeys, factors: FrequencyFactors, headDim: number): Json => {
  const rotaryDim = keys.number("rope.dimension_count") ?? headDim;
  const isEven = rotaryDim >= 2 && rotaryDim <= headDim && rotaryDim % 2 === 0;
  keys.check(
    isEven,
    "rope.dimension_count",
    `must be an even integer from 2 to ${headDim}, the width of a head`,
    rotaryDim,
  );
  const theta = keys.number("rope.freq_base") ?? 10_000;
  keys.check(theta > 1, "rope.freq_base", "must be above 1", theta);
  const stated = { type: keys.text("rope.scaling.type") ?? "linear", factor: factorOf(keys) };
  const numbers = { theta, rotaryDim, context: keys.needNumber("context_length") };
  // Numbers beside the type that say what is known anyway.
  keys.ignore("rope.scaling.finetuned", "rope.scaling.original_context_length");
  const scaling = fromFactors(keys, factors, numbers, stated) ?? byType(keys, stated);
  return {
    rope_theta: theta,
    ...(rotaryDim !== headDim && { partial_rotary_factor: shareOf(rotaryDim, headDim) }),
    ...(scaling && { rope_scaling: scaling }),
  };
};
