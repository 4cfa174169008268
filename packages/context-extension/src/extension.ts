/**
 * A context extension is a value with three fields: the relative position of each pair, the scaling of the frequencies, and the
 * scaling of queries with their position. Each constructor sets one or two of the fields; `compose` joins extensions.
 */
import { aboveZero, atLeastOne, checkConfig, number, oneOf, optional, whole, type Keys } from "@ropewalk/check";
import { entropyAbfTheta, type EntropyScaling } from "@ropewalk/entropy-scaling";
import * as mapping from "@ropewalk/position-mapping";
import type { PositionMapping } from "@ropewalk/position-mapping";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import type { RopeScaling } from "@ropewalk/rope";
import { checkExtension } from "./check-extension.ts";
import { schemeMapping, type ConfiguredMapping, type MappingConfig } from "./mapping-config.ts";
import { checkScaling } from "./try-scaling.ts";

export type ContextExtension = {
  /** The relative position of each pair. Absent: the model's own, i - j. */
  readonly positions?: ConfiguredMapping;
  /** How the frequencies are scaled. Absent: by the checkpoint's own scaling. */
  readonly rope?: RopeScaling;
  /** How the query is scaled with its position. Absent: not at all. */
  readonly entropy?: EntropyScaling;
};

type Fields<Kind extends { readonly kind: string }, Name extends Kind["kind"]> = Omit<
  Extract<Kind, { readonly kind: Name }>,
  "kind"
>;

const withMapping = <Config extends object>(
  kind: MappingConfig["kind"],
  make: (config: Config) => PositionMapping,
  config: Config,
): ContextExtension => ({ positions: { ...make(config), config: { ...config, kind } as unknown as MappingConfig } });

/** Positions by a scheme of any kind: `{ kind: "re-rope", window: 64 }`, or `custom` for the caller's own bands. */
export const withPositions = (scheme: PositionScheme): ContextExtension => ({ positions: schemeMapping(scheme) });

/** SelfExtend, arXiv 2401.01325: exact positions within `window`, positions shared by `groupSize` tokens beyond it. */
export const selfExtend = (config: { readonly groupSize: number; readonly window: number }): ContextExtension =>
  withMapping("self-extend", mapping.selfExtend, config);

/** ReRoPE: exact positions within `window`, the position `window` for everything beyond it. */
export const reRope = (config: { readonly window: number }): ContextExtension =>
  withMapping("re-rope", mapping.reRope, config);

/** Leaky ReRoPE: exact positions within `window`, beyond it distances that grow `factor` times slower. */
export const leakyReRope = (config: { readonly factor: number; readonly window: number }): ContextExtension =>
  withMapping("leaky-re-rope", mapping.leakyReRope, config);

/** Only the last `window` keys are attended. */
export const slidingWindow = (config: { readonly window: number }): ContextExtension =>
  withMapping("sliding-window", mapping.slidingWindow, config);

const withRope = <Kind extends RopeScaling["kind"]>(
  where: string,
  kind: Kind,
  config: Fields<RopeScaling, Kind>,
  keys: Keys<Fields<RopeScaling, Kind>>,
): ContextExtension => {
  const rope = { ...checkConfig(where, config, keys), kind } as unknown as RopeScaling;
  checkScaling(where, "", rope);
  return { rope };
};

/** Position interpolation, arXiv 2306.15595: every position divided by `factor`. */
export const positionInterpolation = (config: Fields<RopeScaling, "linear">): ContextExtension =>
  withRope("positionInterpolation", "linear", config, { factor: atLeastOne });

/** NTK-aware interpolation: a larger base, so that high frequencies keep their resolution. */
export const ntkAware = (config: Fields<RopeScaling, "ntk-aware">): ContextExtension =>
  withRope("ntkAware", "ntk-aware", config, { factor: atLeastOne });

/** Dynamic NTK: the base grows with the length of the run. */
export const dynamicNtk = (config: Fields<RopeScaling, "dynamic-ntk">): ContextExtension =>
  withRope("dynamicNtk", "dynamic-ntk", config, { factor: atLeastOne, originalContext: aboveZero });

/** YaRN, arXiv 2309.00071: interpolation by wavelength, with its attention scale. */
export const yarn = (config: Fields<RopeScaling, "yarn">): ContextExtension =>
  withRope("yarn", "yarn", config, {
    factor: atLeastOne,
    originalContext: aboveZero,
    attentionFactor: optional(aboveZero),
    truncate: true,
    betaFast: optional(aboveZero),
    betaSlow: optional(aboveZero),
    mscale: true,
    mscaleAllDim: true,
  });

/** MrRoPE: between YaRN's two ends, frequencies divided by powers of the factor, with YaRN's attention scale. */
export const mrRope = (config: Fields<RopeScaling, "mr-rope">): ContextExtension =>
  withRope("mrRope", "mr-rope", config, {
    variant: oneOf(["uniform", "progressive"]),
    factor: atLeastOne,
    originalContext: aboveZero,
    betaFast: optional(aboveZero),
    betaSlow: optional(aboveZero),
  });

/** Adjusted base frequency, arXiv 2309.16039: another theta; models need fine-tuning for it. */
export const abf = (config: Fields<RopeScaling, "abf">): ContextExtension =>
  withRope("abf", "abf", config, { theta: aboveZero });

const contextOfLogarithm = number("an integer >= 2", (value) => Number.isSafeInteger(value) && value >= 2);

/** log-n scaling: query i is multiplied by max(1, ln(i + 1) / ln(trainedContext)). */
export const logN = (config: Fields<EntropyScaling, "log-n">): ContextExtension => ({
  entropy: { ...checkConfig("logN", config, { trainedContext: contextOfLogarithm }), kind: "log-n" },
});

/** YaRN's temperature by itself: every query is multiplied by (0.1 ln factor + 1)². `yarn` already includes this scale. */
export const yarnTemperature = (config: Fields<EntropyScaling, "yarn-temperature">): ContextExtension => ({
  entropy: { ...checkConfig("yarnTemperature", config, { factor: atLeastOne }), kind: "yarn-temperature" },
});

/** Entropy-ABF, arXiv 2401.07004: base 500,000 and log-n scaling by layer; models need its fine-tuning. */
export const entropyAbf = (
  config: Fields<EntropyScaling, "entropy-abf"> & { readonly theta?: number },
): ContextExtension => {
  const { theta = entropyAbfTheta, ...entropy } = checkConfig("entropyAbf", config, {
    trainedContext: contextOfLogarithm,
    exemptLayers: optional(whole),
    theta: optional(aboveZero),
  });
  return { rope: { kind: "abf", theta }, entropy: { ...entropy, kind: "entropy-abf" } };
};

const nameOf = (claim: ConfiguredMapping | RopeScaling | EntropyScaling): string =>
  "kind" in claim ? claim.kind : claim.name;

/**
 * Joins extensions that set different fields.
 *
 * @throws RangeError when two set the same field; the message names both. TypeError when an argument is not an extension
 */
export const compose = (...extensions: readonly ContextExtension[]): ContextExtension => {
  for (const [index, extension] of extensions.entries()) checkExtension("compose", extension, `extensions[${index}]`);
  for (const field of ["positions", "rope", "entropy"] as const) {
    const [first, second] = extensions.flatMap((extension) => extension[field] ?? []);
    if (first !== undefined && second !== undefined)
      throw new RangeError(`compose: only one extension may set ${field}, got ${nameOf(first)} and ${nameOf(second)}`);
  }
  return Object.assign({}, ...extensions) as ContextExtension;
};
