/**
 * The methods that the command line knows, a row each: which numbers it reads, which it needs, which is chosen for the length
 * where it is absent, and the extension it comes to. Nothing else knows their names.
 */
import {
  abf,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  mrRope,
  ntkAware,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  yarnTemperature,
  type ContextExtension,
  type ModelContext,
  type StatedPositions,
} from "@ropewalk/context-extension";
import { chooseSelfExtend, defaultWindow } from "@ropewalk/position-mapping";
import { InvalidArgumentError } from "commander";
import type { NumberName, Numbers } from "./numbers.ts";

export type Asked = Numbers & Pick<ModelContext, "trainedContext" | "statedPositions"> & { readonly length: number };

export type MethodRow = {
  /** For the help, in a few words. */
  readonly about: string;
  readonly reads: readonly NumberName[];
  /** What has no default. */
  readonly needs?: readonly NumberName[];
  /** Chosen for the length where it is absent. */
  readonly chosen?: NumberName;
  /** What a checkpoint's config may state of the numbers: it holds where they are absent. */
  readonly stated?: (stated: StatedPositions) => Numbers;
  readonly extension: (asked: Asked) => ContextExtension;
};

/** Those of the numbers that are given. */
const given = <Name extends NumberName>(asked: Asked, ...names: readonly Name[]): Pick<Numbers, Name> => {
  const picked: Partial<Record<NumberName, unknown>> = {};
  for (const name of names) if (asked[name] !== undefined) picked[name] = asked[name];
  return picked as Pick<Numbers, Name>;
};

/** Numbers that the row's `needs` names, and so are there. */
const needed = <Name extends NumberName>(asked: Asked, ...names: readonly Name[]): Required<Pick<Numbers, Name>> =>
  given(asked, ...names) as Required<Pick<Numbers, Name>>;

/** Where a method wants a window and none is asked, the one that SelfExtend would take. */
const aWindow = ({ trainedContext, window }: Asked): { readonly window: number } => ({
  window: window ?? defaultWindow(trainedContext),
});

const groupsAndWindow = (asked: Asked): { readonly groupSize: number; readonly window: number } => {
  const { trainedContext, length, groupSize, window } = asked;
  if (groupSize !== undefined) return { groupSize, ...aWindow(asked) };
  return chooseSelfExtend({ trainedContext, length, ...(window === undefined ? {} : { window }) });
};

/** The smallest whole factor that reaches the length. */
const aFactor = ({ trainedContext, length, factor }: Asked): { readonly factor: number } => ({
  factor: factor ?? Math.max(1, Math.ceil(length / trainedContext)),
});

const aFactorAndContext = (asked: Asked): { readonly factor: number; readonly originalContext: number } => ({
  ...aFactor(asked),
  originalContext: asked.originalContext ?? asked.trainedContext,
});

/** @throws InvalidArgumentError when a number is given that YaRN would not read beside the others */
const yarnScale = (asked: Asked): Pick<Numbers, "attentionFactor" | "mscale" | "mscaleAllDim"> => {
  const { attentionFactor, mscale, mscaleAllDim } = asked;
  if ((mscale === undefined) !== (mscaleAllDim === undefined))
    throw new InvalidArgumentError(
      `--mscale and --mscale-all-dim must be given both or neither, got ${mscale ?? mscaleAllDim} alone`,
    );
  if (attentionFactor !== undefined && mscale !== undefined)
    throw new InvalidArgumentError(`--mscale is not read beside --attention-factor, got ${mscale}`);
  return given(asked, "attentionFactor", "mscale", "mscaleAllDim");
};

/** Which relative positions each pair gets, or how the frequencies are scaled. */
export type Method =
  | "none"
  | "self-extend"
  | "re-rope"
  | "leaky-re-rope"
  | "sliding-window"
  | "string"
  | "dual-chunk"
  | "sinks"
  | "linear"
  | "ntk-aware"
  | "dynamic-ntk"
  | "yarn"
  | "mr-rope"
  | "longrope"
  | "llama3"
  | "abf"
  | "entropy-abf";

export const methods: Readonly<Record<Method, MethodRow>> = {
  none: { about: "the model as it is", reads: [], extension: () => ({}) },
  "self-extend": {
    about: "exact positions near, shared ones far",
    reads: ["groupSize", "window"],
    chosen: "groupSize",
    extension: (asked) => selfExtend(groupsAndWindow(asked)),
  },
  "re-rope": {
    about: "exact positions near, one for all beyond",
    reads: ["window"],
    extension: (asked) => reRope(aWindow(asked)),
  },
  "leaky-re-rope": {
    about: "distances beyond the window grow G times slower",
    reads: ["groupSize", "window"],
    chosen: "groupSize",
    extension: (asked) => {
      const { groupSize, window } = groupsAndWindow(asked);
      return leakyReRope({ factor: groupSize, window });
    },
  },
  "sliding-window": {
    about: "only the last W tokens are attended",
    reads: ["window"],
    extension: ({ trainedContext, window }) => slidingWindow({ window: window ?? trainedContext }),
  },
  string: {
    about: "STRING: far tokens at the positions of near ones",
    reads: ["shiftFrom", "window"],
    needs: ["shiftFrom", "window"],
    extension: (asked) => withPositions({ kind: "string", ...needed(asked, "shiftFrom", "window") }),
  },
  "dual-chunk": {
    about: "dual chunk attention: positions within chunks",
    reads: ["positionChunk", "localSize"],
    needs: ["positionChunk", "localSize"],
    stated: ({ positions }) =>
      positions.kind === "dual-chunk" ? { positionChunk: positions.chunkSize, localSize: positions.localSize } : {},
    extension: (asked) => {
      const { positionChunk, localSize } = needed(asked, "positionChunk", "localSize");
      return withPositions({ kind: "dual-chunk", chunkSize: positionChunk, localSize });
    },
  },
  sinks: {
    about: "the first n tokens and the last W",
    reads: ["sinks", "window"],
    needs: ["sinks", "window"],
    extension: (asked) => withPositions({ kind: "sinks", ...needed(asked, "sinks", "window") }),
  },
  linear: {
    about: "position interpolation: positions divided by s",
    reads: ["factor"],
    chosen: "factor",
    extension: (asked) => positionInterpolation(aFactor(asked)),
  },
  "ntk-aware": {
    about: "a larger base, fast pairs nearly as they were",
    reads: ["factor"],
    chosen: "factor",
    extension: (asked) => ntkAware(aFactor(asked)),
  },
  "dynamic-ntk": {
    about: "a base that grows with the length",
    reads: ["factor", "originalContext"],
    chosen: "factor",
    extension: (asked) => dynamicNtk(aFactorAndContext(asked)),
  },
  yarn: {
    about: "interpolation by wavelength, with a temperature",
    reads: [
      ...(["factor", "originalContext", "betaFast", "betaSlow"] as const),
      ...(["attentionFactor", "mscale", "mscaleAllDim", "truncate"] as const),
    ],
    chosen: "factor",
    extension: (asked) =>
      yarn({
        ...aFactorAndContext(asked),
        ...given(asked, "betaFast", "betaSlow"),
        ...yarnScale(asked),
        ...given(asked, "truncate"),
      }),
  },
  "mr-rope": {
    about: "MrRoPE: as yarn, by powers of s between its ends",
    reads: ["variant", "factor", "originalContext", "betaFast", "betaSlow"],
    needs: ["variant"],
    chosen: "factor",
    extension: (asked) =>
      mrRope({ ...needed(asked, "variant"), ...aFactorAndContext(asked), ...given(asked, "betaFast", "betaSlow") }),
  },
  longrope: {
    about: "LongRoPE: a searched factor for every pair",
    reads: ["factor", "originalContext", "attentionFactor", "shortFactor", "longFactor"],
    needs: ["shortFactor", "longFactor"],
    chosen: "factor",
    extension: (asked) => ({
      rope: {
        kind: "longrope",
        ...aFactorAndContext(asked),
        ...needed(asked, "shortFactor", "longFactor"),
        ...given(asked, "attentionFactor"),
      },
    }),
  },
  llama3: {
    about: "Llama 3.1's rule by wavelength",
    reads: ["factor", "originalContext", "lowFreqFactor", "highFreqFactor"],
    needs: ["lowFreqFactor", "highFreqFactor"],
    chosen: "factor",
    extension: (asked) => ({
      rope: { kind: "llama3", ...aFactorAndContext(asked), ...needed(asked, "lowFreqFactor", "highFreqFactor") },
    }),
  },
  abf: {
    about: "another base; for models that are tuned for it",
    reads: ["theta"],
    needs: ["theta"],
    extension: (asked) => abf(needed(asked, "theta")),
  },
  "entropy-abf": {
    about: "base 500,000 and log-n by layer; for tuned models",
    reads: ["theta", "exemptLayers"],
    extension: (asked) =>
      entropyAbf({ trainedContext: asked.trainedContext, ...given(asked, "theta", "exemptLayers") }),
  },
};

/** How queries scale with their position. */
export type Entropy = "none" | "log-n" | "yarn-temperature";

export const entropies: Readonly<Record<Entropy, MethodRow>> = {
  none: { about: "not at all", reads: [], extension: () => ({}) },
  "log-n": {
    about: "by the logarithm of the position",
    reads: [],
    extension: ({ trainedContext }) => logN({ trainedContext }),
  },
  "yarn-temperature": {
    about: "YaRN's temperature by itself",
    reads: ["factor"],
    chosen: "factor",
    extension: (asked) => yarnTemperature(aFactor(asked)),
  },
};
