/**
 * Gemma, Gemma Team, arXiv 2403.08295: Llama's blocks with GELU, heads of a width of their own, norms whose weights are stored
 * less 1, and embeddings that are scaled.
 *
 *     x = sqrt(hiddenDim) E[ids]
 *
 * The factor is computed in float32, as hidden states are. Models that compute in bfloat16 round it, for instance 55.43 to 55.5.
 */
import { zeroCenteredRmsNorm, type Decoder } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { asProjected, llamaVariant } from "../llama/decoder.ts";
import { llamaWeights } from "../llama/weights.ts";
import { gemmaContext, readGemmaConfig } from "./config.ts";

/** The decoder with its embeddings scaled. */
export const scaledEmbeddings = (decoder: Decoder): Decoder => {
  const scale = Math.sqrt(decoder.hiddenDim);
  return {
    ...decoder,
    embed: (builder, ids) => {
      const { tape } = builder;
      return tape.op("Mul", [decoder.embed(builder, ids), tape.constant("float32", [1], [scale])]);
    },
  };
};

export const gemma: Family = {
  modelTypes: ["gemma"],
  architecture: "GemmaForCausalLM",
  context: gemmaContext,
  read: (json, names) => {
    const config = readGemmaConfig(json, names);
    const decoder = llamaVariant("gemma", config, {
      weights: llamaWeights(config),
      norm: zeroCenteredRmsNorm,
      refine: asProjected,
    });
    return scaledEmbeddings(decoder);
  },
};
