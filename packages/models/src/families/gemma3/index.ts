/**
 * Gemma 3, Gemma Team, arXiv 2503.19786, its text part: Gemma 2's blocks without bounds, with a norm of each head of the queries and
 * the keys. Five of six layers slide, and have a rotation of their own.
 */
import { zeroCenteredRmsNorm } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { gemma2Decoder } from "../gemma2/decoder.ts";
import { headNorms } from "../qwen3/index.ts";
import { gemma3Context, readGemma3Config } from "./config.ts";
import { gemma3Weights } from "./weights.ts";

export const gemma3: Family = {
  modelTypes: ["gemma3_text"],
  architecture: "Gemma3ForCausalLM",
  context: gemma3Context,
  read: (json, names) => {
    const config = readGemma3Config(json, names);
    return gemma2Decoder("gemma3", config, {
      weights: gemma3Weights(config),
      refine: headNorms(config, zeroCenteredRmsNorm),
    });
  },
};
