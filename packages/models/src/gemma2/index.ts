/**
 * Gemma 2, Gemma Team, arXiv 2408.00118: Gemma's blocks with a norm around each, every other layer with a sliding window, and scores and
 * logits that are bounded.
 *
 *     h  = x + norm(attention(norm(x)) Woᵀ)
 *     x' = h + norm((σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ)
 *     logits = c tanh(norm(x) Eᵀ / c)
 */
import { softcapped, zeroCenteredRmsNorm } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { scaledEmbeddings } from "../gemma/index.ts";
import { asProjected, llamaVariant, type OutputNorms } from "../llama/decoder.ts";
import { gemma2Context, readGemma2Config } from "./config.ts";
import { gemma2Weights, type Gemma2Layer } from "./weights.ts";

/** The norms of what attention and the feed-forward give. */
export const outputNorms = (layer: Gemma2Layer): OutputNorms => ({
  attention: layer.attentionOutputNorm,
  feedForward: layer.feedForwardOutputNorm,
});

export const gemma2: Family = {
  modelTypes: ["gemma2"],
  architecture: "Gemma2ForCausalLM",
  context: gemma2Context,
  read: (json) => {
    const config = readGemma2Config(json);
    const decoder = llamaVariant("gemma2", config, {
      weights: gemma2Weights(config),
      norm: zeroCenteredRmsNorm,
      refine: asProjected,
      outputNorms,
    });
    return {
      ...scaledEmbeddings(decoder),
      unembed: (builder, hidden) => softcapped(builder, config.logitSoftcap, decoder.unembed(builder, hidden)),
    };
  },
};
