/**
 * SmolLM3, Hugging Face, 2025: Llama's blocks, in which every fourth layer does not rotate its queries and keys (Yang et al.,
 * arXiv 2501.18795).
 */
import type { Family } from "../family.ts";
import { llamaDecoder } from "../llama/decoder.ts";
import { readSmollm3Config, smollm3Context } from "./config.ts";

export const smollm3: Family = {
  modelTypes: ["smollm3"],
  architecture: "SmolLM3ForCausalLM",
  context: smollm3Context,
  read: (json, names) => llamaDecoder("smollm3", readSmollm3Config(json, names)),
};
