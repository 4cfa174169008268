/** Qwen2, Yang et al., arXiv 2407.10671: Llama's blocks, with biases on queries, keys and values. */
import type { Family } from "../family.ts";
import { llamaDecoder } from "../llama/decoder.ts";
import { qwen2Context, readQwen2Config } from "./config.ts";

export const qwen2: Family = {
  modelTypes: ["qwen2"],
  architecture: "Qwen2ForCausalLM",
  context: qwen2Context,
  read: (json, names) => llamaDecoder("qwen2", readQwen2Config(json, names)),
};
