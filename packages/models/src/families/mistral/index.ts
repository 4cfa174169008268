/** Mistral, Jiang et al., arXiv 2310.06825: Llama's blocks, and a query sees only the last `sliding_window` keys. */
import type { Family } from "../family.ts";
import { llamaDecoder } from "../llama/decoder.ts";
import { mistralContext, readMistralConfig } from "./config.ts";

export const mistral: Family = {
  modelTypes: ["mistral"],
  architecture: "MistralForCausalLM",
  context: mistralContext,
  read: (json, names) => llamaDecoder("mistral", readMistralConfig(json, names)),
};
