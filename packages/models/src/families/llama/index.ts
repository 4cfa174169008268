/**
 * Llama, Touvron et al., arXiv 2302.13971, with grouped-query attention and the rope scaling that its config states. Llama 2 and 3,
 * TinyLlama, SmolLM, Vicuna and SOLAR are Llamas too.
 */
import type { Family } from "../family.ts";
import { llamaContext, readLlamaConfig } from "./config.ts";
import { llamaDecoder } from "./decoder.ts";

export const llama: Family = {
  modelTypes: ["llama"],
  architecture: "LlamaForCausalLM",
  spellings: ["LLaMAForCausalLM"],
  context: llamaContext,
  read: (json, names) => llamaDecoder("llama", readLlamaConfig(json, names)),
};
