/** How a GGUF file states its rotary embedding, in the words of config.json. */
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

const fromFactors = (
  keys: ArchitectureKeys,
  factors: FrequencyFactors,
  numbers: Numbers,
  stated: string,
): Json | undefined => {
  const { all, short, long } = factors;
  if (all !== undefined) {
    check(stated === "none", `${keys.at}: rope.scaling.type must be none beside rope_freqs.weight`, stated);
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
  check(
    stated === "none" || stated === "longrope",
    `${keys.at}: rope.scaling.type must be longrope beside rope_factors_long.weight`,
    stated,
  );
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
  check(extrapolated === 1, `${keys.at}: rope.scaling.yarn_ext_factor must be 1`, extrapolated);
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

const byType = (keys: ArchitectureKeys, type: string): Json | undefined => {
  const factor = keys.number("rope.scaling.factor") ?? keys.number("rope.scale_linear") ?? 1;
  if (type === "yarn") return yarn(keys);
  check(
    type === "none" || type === "linear",
    `${keys.at}: rope.scaling.type must be one of none, linear, yarn, or longrope with tensors of factors`,
    type,
  );
  const times = keys.number("rope.scaling.attn_factor") ?? 1;
  check(times === 1, `${keys.at}: rope.scaling.attn_factor must be 1 where rope.scaling.type is ${type}`, times);
  return type === "linear" && factor !== 1 ? { rope_type: "linear", factor } : undefined;
};

/** The keys of config.json for rotations: rope_theta, rope_scaling, partial_rotary_factor. */
export const ropeConfig = (keys: ArchitectureKeys, factors: FrequencyFactors, headDim: number): Json => {
  const rotaryDim = keys.number("rope.dimension_count") ?? headDim;
  const theta = keys.number("rope.freq_base") ?? 10_000;
  const linear = keys.number("rope.scale_linear");
  const stated = keys.text("rope.scaling.type") ?? (linear === undefined ? "none" : "linear");
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
