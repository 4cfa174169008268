/**
 * The methods by name, one row each: the numbers that a method reads, the numbers that it needs, the number that is chosen for the
 * length when it is absent, and the constructor's call.
 */
import { chooseSelfExtend, defaultWindow } from "@ropewalk/position-mapping";
import { withCheckedCalls } from "./check-run.ts";
import { callOf, ropeCall } from "./method-call.ts";
import type { Method, MethodNumberName, MethodNumbers, MethodRun } from "./method.ts";

/** The named numbers, as far as they are given. */
const given = <Name extends MethodNumberName>(run: MethodRun, ...names: readonly Name[]): Pick<MethodNumbers, Name> => {
  const picked: Partial<Record<MethodNumberName, unknown>> = {};
  for (const name of names) if (run[name] !== undefined) picked[name] = run[name];
  return picked as Pick<MethodNumbers, Name>;
};

/** Numbers that the row's `needs` names; the caller has checked that they are given. */
const needed = <Name extends MethodNumberName>(
  run: MethodRun,
  ...names: readonly Name[]
): Required<Pick<MethodNumbers, Name>> => given(run, ...names) as Required<Pick<MethodNumbers, Name>>;

/** The given window, or else SelfExtend's default. */
const windowOrDefault = ({ trainedContext, window }: MethodRun): { readonly window: number } => ({
  window: window ?? defaultWindow(trainedContext),
});

const groupsAndWindow = (run: MethodRun): { readonly groupSize: number; readonly window: number } => {
  const { trainedContext, length, groupSize, window } = run;
  if (groupSize !== undefined) return { groupSize, ...windowOrDefault(run) };
  return chooseSelfExtend({ trainedContext, length, ...(window === undefined ? {} : { window }) });
};

/** The given factor, or else the smallest whole factor that reaches the length. */
const aFactor = ({ trainedContext, length, factor }: MethodRun): { readonly factor: number } => ({
  factor: factor ?? Math.max(1, Math.ceil(length / trainedContext)),
});

const aFactorAndContext = (run: MethodRun): { readonly factor: number; readonly originalContext: number } => ({
  ...aFactor(run),
  originalContext: run.originalContext ?? run.trainedContext,
});

export type PositionMethod =
  | "self-extend"
  | "re-rope"
  | "leaky-re-rope"
  | "sliding-window"
  | "string"
  | "dual-chunk"
  | "sinks";

export type RopeMethod =
  | "linear"
  | "ntk-aware"
  | "dynamic-ntk"
  | "yarn"
  | "mr-rope"
  | "longrope"
  | "llama3"
  | "abf"
  | "entropy-abf";

export type EntropyMethod = "log-n" | "yarn-temperature";

/** Methods that set which relative position each pair gets. */
export const positionMethods: Readonly<Record<PositionMethod, Method>> = withCheckedCalls("positionMethods", {
  "self-extend": {
    label: "SelfExtend",
    about: "exact positions near, shared ones far",
    reads: ["groupSize", "window"],
    chosen: "groupSize",
    call: (run) => callOf("selfExtend", groupsAndWindow(run)),
  },
  "re-rope": {
    label: "ReRoPE",
    about: "exact positions near, one for all beyond",
    reads: ["window"],
    call: (run) => callOf("reRope", windowOrDefault(run)),
  },
  "leaky-re-rope": {
    label: "Leaky ReRoPE",
    about: "distances beyond the window grow G times slower",
    reads: ["groupSize", "window"],
    chosen: "groupSize",
    call: (run) => {
      const { groupSize, window } = groupsAndWindow(run);
      return callOf("leakyReRope", { factor: groupSize, window });
    },
  },
  "sliding-window": {
    label: "Sliding window",
    about: "only the last W tokens are attended",
    reads: ["window"],
    call: ({ trainedContext, window }) => callOf("slidingWindow", { window: window ?? trainedContext }),
  },
  string: {
    label: "STRING",
    about: "STRING: far tokens at the positions of near ones",
    reads: ["shiftFrom", "window"],
    needs: ["shiftFrom", "window"],
    call: (run) => callOf("withPositions", { kind: "string", ...needed(run, "shiftFrom", "window") }),
  },
  "dual-chunk": {
    label: "Dual chunk attention",
    about: "dual chunk attention: positions within chunks",
    reads: ["positionChunk", "localSize"],
    needs: ["positionChunk", "localSize"],
    stated: ({ positions }) =>
      positions.kind === "dual-chunk" ? { positionChunk: positions.chunkSize, localSize: positions.localSize } : {},
    call: (run) => {
      const { positionChunk, localSize } = needed(run, "positionChunk", "localSize");
      return callOf("withPositions", { kind: "dual-chunk", chunkSize: positionChunk, localSize });
    },
  },
  sinks: {
    label: "Attention sinks",
    about: "the first n tokens and the last W",
    reads: ["sinks", "window"],
    needs: ["sinks", "window"],
    call: (run) => callOf("withPositions", { kind: "sinks", ...needed(run, "sinks", "window") }),
  },
});

/** Methods that scale the frequencies of the rotation. */
export const ropeMethods: Readonly<Record<RopeMethod, Method>> = withCheckedCalls("ropeMethods", {
  linear: {
    label: "Position interpolation",
    about: "position interpolation: positions divided by s",
    reads: ["factor"],
    chosen: "factor",
    call: (run) => callOf("positionInterpolation", aFactor(run)),
  },
  "ntk-aware": {
    label: "NTK-aware",
    about: "a larger base, fast pairs nearly as they were",
    reads: ["factor"],
    chosen: "factor",
    call: (run) => callOf("ntkAware", aFactor(run)),
  },
  "dynamic-ntk": {
    label: "Dynamic NTK",
    about: "a base that grows with the length",
    reads: ["factor", "originalContext"],
    chosen: "factor",
    call: (run) => callOf("dynamicNtk", aFactorAndContext(run)),
  },
  yarn: {
    label: "YaRN",
    about: "interpolation by wavelength, with a temperature",
    reads: [
      "factor",
      "originalContext",
      "betaFast",
      "betaSlow",
      "attentionFactor",
      "mscale",
      "mscaleAllDim",
      "truncate",
    ],
    chosen: "factor",
    call: (run) =>
      callOf("yarn", {
        ...aFactorAndContext(run),
        ...given(run, "betaFast", "betaSlow", "attentionFactor", "mscale", "mscaleAllDim", "truncate"),
      }),
  },
  "mr-rope": {
    label: "MrRoPE",
    about: "MrRoPE: as yarn, by powers of s between its ends",
    reads: ["variant", "factor", "originalContext", "betaFast", "betaSlow"],
    needs: ["variant"],
    chosen: "factor",
    call: (run) =>
      callOf("mrRope", { ...needed(run, "variant"), ...aFactorAndContext(run), ...given(run, "betaFast", "betaSlow") }),
  },
  longrope: {
    label: "LongRoPE",
    about: "LongRoPE: a searched factor for every pair",
    reads: ["factor", "originalContext", "attentionFactor", "shortFactor", "longFactor"],
    needs: ["shortFactor", "longFactor"],
    chosen: "factor",
    call: (run) =>
      ropeCall({
        kind: "longrope",
        ...aFactorAndContext(run),
        ...needed(run, "shortFactor", "longFactor"),
        ...given(run, "attentionFactor"),
      }),
  },
  llama3: {
    label: "Llama 3.1",
    about: "Llama 3.1's rule by wavelength",
    reads: ["factor", "originalContext", "lowFreqFactor", "highFreqFactor"],
    needs: ["lowFreqFactor", "highFreqFactor"],
    chosen: "factor",
    call: (run) =>
      ropeCall({ kind: "llama3", ...aFactorAndContext(run), ...needed(run, "lowFreqFactor", "highFreqFactor") }),
  },
  abf: {
    label: "Adjusted base frequency",
    about: "another base; for models that are tuned for it",
    reads: ["theta"],
    needs: ["theta"],
    call: (run) => callOf("abf", needed(run, "theta")),
  },
  "entropy-abf": {
    label: "Entropy-ABF",
    about: "base 500,000 and log-n by layer; for tuned models",
    reads: ["theta", "exemptLayers"],
    call: (run) => callOf("entropyAbf", { trainedContext: run.trainedContext, ...given(run, "theta", "exemptLayers") }),
  },
});

/** Methods that scale queries with their position. */
export const entropyMethods: Readonly<Record<EntropyMethod, Method>> = withCheckedCalls("entropyMethods", {
  "log-n": {
    label: "By the logarithm of the position",
    about: "by the logarithm of the position",
    reads: [],
    call: ({ trainedContext }) => callOf("logN", { trainedContext }),
  },
  "yarn-temperature": {
    label: "YaRN's temperature",
    about: "YaRN's temperature by itself",
    reads: ["factor"],
    chosen: "factor",
    call: (run) => callOf("yarnTemperature", aFactor(run)),
  },
});
