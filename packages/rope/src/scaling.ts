/**
 * How a model's rotation frequencies are chosen: one variant for each method, with its own fields.
 *
 * `originalContext` is the trained context, in tokens; `factor` is the longest planned length over the trained context.
 */
export type RopeScaling =
  /** The frequencies of RoFormer, arXiv 2104.09864. */
  | { readonly kind: "default" }
  /** Position interpolation, arXiv 2306.15595. */
  | { readonly kind: "linear"; readonly factor: number }
  /** NTK-aware interpolation: a larger theta, the same for every length. */
  | { readonly kind: "ntk-aware"; readonly factor: number }
  /** NTK-aware interpolation whose theta grows with the length. */
  | { readonly kind: "dynamic-ntk"; readonly factor: number; readonly originalContext: number }
  /** YaRN, arXiv 2309.00071. Every optional field has the default of Hugging Face transformers. */
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly originalContext: number;
      /** Pairs that turn at least this often in the trained context keep their frequency. Default 32. */
      readonly betaFast?: number;
      /** Pairs that turn at most this often in the trained context are interpolated. Default 1. */
      readonly betaSlow?: number;
      /** The attention scale itself, in place of a computed one. */
      readonly attentionFactor?: number;
      /** With `mscaleAllDim`, both above zero: the attention scale is their ratio (DeepSeek). */
      readonly mscale?: number;
      readonly mscaleAllDim?: number;
      /** Whether the ends of the ramp are rounded to whole pairs. Default true. */
      readonly truncate?: boolean;
    }
  /** The rule of Llama 3.1: by how often a pair turns in the trained context. */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalContext: number;
    }
  /** LongRoPE, arXiv 2402.13753: a searched factor for every pair, one list within the trained context and one beyond. */
  | {
      readonly kind: "longrope";
      readonly shortFactor: readonly number[];
      readonly longFactor: readonly number[];
      readonly factor: number;
      readonly originalContext: number;
      /** The attention scale itself, in place of a computed one. */
      readonly attentionFactor?: number;
    }
  /** Adjusted base frequency, arXiv 2309.16039: another theta in place of the model's. */
  | { readonly kind: "abf"; readonly theta: number }
  /** MrRoPE: between YaRN's two ends, pairs are divided by powers of the factor. */
  | {
      readonly kind: "mr-rope";
      /** How the power grows from pair to pair: evenly, or ever faster. */
      readonly variant: "uniform" | "progressive";
      readonly factor: number;
      readonly originalContext: number;
      /** As YaRN's, with the same defaults. */
      readonly betaFast?: number;
      readonly betaSlow?: number;
    }
  /** The caller's own frequencies. */
  | {
      readonly kind: "custom";
      /** `rotaryDim / 2` frequencies in radians per token, and the attention scale; absent: 1. */
      readonly frequencies: (basis: Basis) => {
        readonly inverseFrequencies: ArrayLike<number>;
        readonly attentionScale?: number;
      };
      /** The planned length over the trained context; absent: 1. */
      readonly factor?: number;
    };

/** The variant of {@link RopeScaling} named `Kind`. */
export type ScalingOf<Kind extends RopeScaling["kind"]> = Extract<RopeScaling, { readonly kind: Kind }>;

/** The result of every scaling. */
export type RopeFrequencies = {
  /** `[rotaryDim / 2]`, in radians per token. */
  readonly inverseFrequencies: Float64Array;
  /** Multiplies cos and sin, so that scores are multiplied by its square. */
  readonly attentionScale: number;
};

/** The input of every scaling: how many dimensions rotate, the model's base, and the planned length in tokens. */
export type Basis = { readonly rotaryDim: number; readonly theta: number; readonly seqLen: number };

/** The parts of the default that a scaling may change. */
export type Change = {
  /** Another base. */
  readonly theta?: number;
  /** The new frequency of pair `j`, whose frequency was `f`. */
  readonly frequency?: (f: number, j: number) => number;
  /** Absent: 1. */
  readonly attentionScale?: number;
};
