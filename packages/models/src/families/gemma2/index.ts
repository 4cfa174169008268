/**
 * Gemma 2, Gemma Team, arXiv 2408.00118: Gemma's blocks with a norm around each, every other layer with a sliding window, and scores and
 * logits that are bounded.
 *
 *     h  = x + norm(attention(norm(x)) Woᵀ)
 *     x' = h + norm((σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ)
 *     logits = c tanh(norm(x) Eᵀ / c)
 */
import type { Family } from "../family.ts";
import { asProjected } from "../llama/decoder.ts";
import { gemma2Context, readGemma2Config } from "./config.ts";
import { gemma2Decoder } from "./decoder.ts";
import { gemma2Weights } from "./weights.ts";

export const gemma2: Family = {
  modelTypes: ["gemma2"],
  architecture: "Gemma2ForCausalLM",
  context: gemma2Context,
  read: (json, names) => {
    const config = readGemma2Config(json, names);
    return gemma2Decoder("gemma2", config, { weights: gemma2Weights(config), refine: asProjected });
  },
};
