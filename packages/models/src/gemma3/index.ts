/**
 * Gemma 3, Gemma Team, arXiv 2503.19786, its text part: Gemma 2's blocks without bounds, with a norm of each head of the queries and
 * the keys. Five of six layers slide, and have a rotation of their own.
 */
import { softcapped, zeroCenteredRmsNorm } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { scaledEmbeddings } from "../gemma/index.ts";
import { outputNorms } from "../gemma2/index.ts";
import { llamaVariant } from "../llama/decoder.ts";
import { headNorms } from "../qwen3/index.ts";
import { gemma3Context, readGemma3Config } from "./config.ts";
import { gemma3Weights } from "./weights.ts";

export const gemma3: Family = {
  modelTypes: ["gemma3_text"],
  architecture: "Gemma3ForCausalLM",
  context: gemma3Context,
  read: (json) => {
    const config = readGemma3Config(json);
    const decoder = llamaVariant("gemma3", config, {
      weights: gemma3Weights(config),
      norm: zeroCenteredRmsNorm,
      refine: headNorms(config, zeroCenteredRmsNorm),
      outputNorms,
    });
    return {
      ...scaledEmbeddings(decoder),
      unembed: (builder, hidden) => softcapped(builder, config.logitSoftcap, decoder.unembed(builder, hidden)),
    };
  },
};
