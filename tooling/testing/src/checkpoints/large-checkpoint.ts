/** A checkpoint with random weights, large enough to be caught while it is rounded: 12 MB. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { llama } from "@ropewalk/models";
import { randomCheckpoint } from "./random-checkpoint.ts";

const config = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  vocab_size: 2000,
  hidden_size: 256,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  hidden_act: "silu",
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
};

/** Writes it. @returns the folder */
export const layLargeCheckpoint = (folder: string): string => {
  mkdirSync(folder, { recursive: true });
  const { files } = randomCheckpoint(config, llama.read(config).tensors);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
};
