/** A checkpoint with random weights, large enough to be caught while it is rounded: 12 MB. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { llama } from "@ropewalk/models";
import { headerOf, safetensorsFile } from "@ropewalk/testing/checkpoints/safetensors-file";

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

export const writeCheckpoint = (folder: string): string => {
  const { header, dataLength } = headerOf(llama.read(config).tensors);
  const file = safetensorsFile(header, dataLength);
  let state = 1;
  const weights = Float32Array.from({ length: dataLength / 4 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647 - 0.5) / 8;
  });
  file.set(new Uint8Array(weights.buffer), file.length - dataLength);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "model.safetensors"), file);
  return folder;
};
