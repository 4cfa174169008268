/**
 * Llama 3's rope scaling out of the factors that a GGUF file has in its place, `rope_freqs.weight`. The file does not state the numbers behind
 * them, but they are the same in all of these models, apart from the factor, by which the lowest frequencies are divided.
 */
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";

const usual = { lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 } as const;

/** In parts of a factor: files hold them in float32. */
const tolerance = 1e-5;

/** rope_scaling of config.json; undefined where the factors are others. */
export const llama3Of = (
  { theta, rotaryDim }: { readonly theta: number; readonly rotaryDim: number },
  factors: Float32Array,
): Readonly<Record<string, unknown>> | undefined => {
  const factor = factors.at(-1)!;
  if (factors.length !== rotaryDim / 2 || !(factor > 1)) return undefined;
  const scaling: RopeScaling = { kind: "llama3", factor, ...usual };
  const frequencies = (own: RopeScaling): ArrayLike<number> =>
    ropeFrequencies({ theta, rotaryDim, scaling: own }).inverseFrequencies;
  const [plain, scaled] = [frequencies({ kind: "default" }), frequencies(scaling)];
  const isSame = factors.every((own, pair) => Math.abs(plain[pair]! / scaled[pair]! / own - 1) < tolerance);
  if (!isSame) return undefined;
  return {
    rope_type: "llama3",
    factor,
    low_freq_factor: usual.lowFreqFactor,
    high_freq_factor: usual.highFreqFactor,
    original_max_position_embeddings: usual.originalContext,
  };
};
