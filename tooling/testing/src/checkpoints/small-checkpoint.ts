/** The smallest checkpoints, all zeros: a config, and a file of the tensors that it asks for. */
import { llama, type Family } from "@ropewalk/models";
import { bytesOf, headerOf, safetensorsFile, type Json } from "./safetensors-file.ts";

/** A Llama's config in its older form. */
export const smallConfig: Json = {
  model_type: "llama",
  vocab_size: 5,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  hidden_act: "silu",
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
};

/** The checkpoint's files; `change` may break the shapes of its tensors first. */
export const smallCheckpoint = (
  config: Json = smallConfig,
  change: (tensors: Record<string, readonly number[]>) => void = () => {},
  dtype?: string,
  family: Family = llama,
): Readonly<Record<string, Uint8Array>> => {
  const tensors = { ...family.read(config).tensors };
  change(tensors);
  const { header, dataLength } = headerOf(tensors, dtype);
  return {
    "config.json": bytesOf(JSON.stringify(config)),
    "model.safetensors": safetensorsFile(header, dataLength),
  };
};
