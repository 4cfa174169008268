/** The rope types of Hugging Face transformers, each read into its variant of `RopeScaling`. */
import type { RopeScaling } from "@ropewalk/rope";
import { check } from "@ropewalk/check";
import { nameIn, number, optionalFlag, optionalNumber, placeOf, valueOf, type ConfigObject } from "./config-object.ts";

type Stated = {
  readonly parameters: ConfigObject;
  readonly rotaryDim: number;
  readonly maxPositions: number;
  /** The original window. A function, so that it is read and checked only for the types that have one. */
  readonly originalContext: () => number;
};

type Filled<T> = { readonly [Key in keyof T]?: NonNullable<T[Key]> };

/** The fields that are not undefined. */
const filled = <T extends Readonly<Record<string, unknown>>>(fields: T): Filled<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Filled<T>;

const atLeastOne = { above: 1, orEqual: true };

const factorOf = ({ parameters }: Stated): number => number(parameters, "factor", atLeastOne);

const factorOrRatio = ({ parameters, maxPositions }: Stated, originalContext: number): number => {
  const factor = optionalNumber(parameters, "factor", atLeastOne) ?? maxPositions / originalContext;
  check(
    factor >= 1,
    `${placeOf(parameters, "max_position_embeddings")} must be at least ${nameIn(parameters, "original_max_position_embeddings")} ${originalContext}`,
    maxPositions,
  );
  return factor;
};

/** One factor above 0 for each rotating pair. */
const factorsOf = ({ parameters, rotaryDim }: Stated, key: string): readonly number[] => {
  const value = valueOf(parameters, key);
  const at = placeOf(parameters, key);
  check(Array.isArray(value), `${at} must be a list of numbers`, value, "object");
  check(value.length === rotaryDim / 2, `${at} must have ${rotaryDim / 2} numbers`, value.length);
  const wrong = value.findIndex((item) => !(typeof item === "number" && item > 0));
  check(wrong < 0, `${at}[${wrong}] must be a number above 0`, value[wrong], "number");
  return value as readonly number[];
};

const yarn = (stated: Stated): RopeScaling => {
  const { parameters } = stated;
  const originalContext = stated.originalContext();
  const betaFast = optionalNumber(parameters, "beta_fast", { above: 0 });
  const betaSlow = optionalNumber(parameters, "beta_slow", { above: 0 });
  check(
    (betaFast ?? 32) > (betaSlow ?? 1),
    `${placeOf(parameters, "beta_fast")} must be above ${nameIn(parameters, "beta_slow")}`,
    [betaFast, betaSlow],
  );
  return {
    kind: "yarn",
    factor: factorOrRatio(stated, originalContext),
    originalContext,
    ...filled({
      betaFast,
      betaSlow,
      attentionFactor: optionalNumber(parameters, "attention_factor", { above: 0 }),
      mscale: optionalNumber(parameters, "mscale", { above: 0, orEqual: true }),
      mscaleAllDim: optionalNumber(parameters, "mscale_all_dim", { above: 0, orEqual: true }),
      truncate: optionalFlag(parameters, "truncate"),
    }),
  };
};

const llama3 = (stated: Stated): RopeScaling => {
  const lowFreqFactor = number(stated.parameters, "low_freq_factor", { above: 0 });
  return {
    kind: "llama3",
    factor: factorOf(stated),
    lowFreqFactor,
    highFreqFactor: number(stated.parameters, "high_freq_factor", { above: lowFreqFactor }),
    originalContext: stated.originalContext(),
  };
};

const longrope = (stated: Stated): RopeScaling => {
  const originalContext = stated.originalContext();
  const attentionFactor = optionalNumber(stated.parameters, "attention_factor", { above: 0 });
  return {
    kind: "longrope",
    shortFactor: factorsOf(stated, "short_factor"),
    longFactor: factorsOf(stated, "long_factor"),
    factor: factorOrRatio(stated, originalContext),
    originalContext,
    ...filled({ attentionFactor }),
  };
};

type Row = {
  /** The keys that the type reads, beside those that all types may have. */
  readonly keys: readonly string[];
  readonly read: (stated: Stated) => RopeScaling;
};

/** The types, by the names that configs use. */
export const ropeScalings: Readonly<Record<string, Row>> = {
  default: { keys: [], read: () => ({ kind: "default" }) },
  linear: { keys: ["factor"], read: (stated) => ({ kind: "linear", factor: factorOf(stated) }) },
  dynamic: {
    keys: ["factor"],
    read: (stated) => ({ kind: "dynamic-ntk", factor: factorOf(stated), originalContext: stated.maxPositions }),
  },
  yarn: {
    keys: ["factor", "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"],
    read: yarn,
  },
  llama3: { keys: ["factor", "low_freq_factor", "high_freq_factor"], read: llama3 },
  longrope: { keys: ["factor", "short_factor", "long_factor", "attention_factor"], read: longrope },
};

/** Keys of types that are not computed: scales of PhiMoE's longrope, the base of Hunyuan's dynamic, the sections of M-RoPE. */
const keysNotComputed = ["short_mscale", "long_mscale", "alpha", "mrope_section"];

/** Keys that change a rotation under some type. */
const changing: ReadonlySet<string> = new Set([
  ...Object.values(ropeScalings).flatMap(({ keys }) => keys),
  ...keysNotComputed,
]);

/**
 * Checks that a type reads every key that the config states.
 *
 * @throws RangeError naming a key that would be ignored silently
 */
export const checkReads = (parameters: ConfigObject, type: string): void => {
  const { keys } = ropeScalings[type]!;
  for (const key of changing) {
    const value = valueOf(parameters, key);
    const changesNothing = value === undefined || (key === "factor" && value === 1);
    check(
      keys.includes(key) || changesNothing,
      `${placeOf(parameters, key)} must be absent where the rope type is ${type}, which does not read it`,
      value,
    );
  }
};
