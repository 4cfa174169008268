/** Models that the writers read. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { llama } from "@ropewalk/models";
import { randomCheckpoint } from "@ropewalk/testing/checkpoints/random-checkpoint";
import { inRepository } from "@ropewalk/testing/repository";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { onnxExports } from "@ropewalk/testing/vectors";

/** The models that ship, by their paths. */
export const modelFolders = {
  stories: fileURLToPath(stories260K.url),
  passkey: fileURLToPath(passkey875k.url),
};

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

/** A checkpoint with random weights, large enough to be caught while it is rounded: 12 MB. */
export const layCheckpoint = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  const { files } = randomCheckpoint(config, llama.read(config).tensors);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
};

/** An export with so many bytes of weights that copying them takes a moment. */
export const layExport = (folder: string, bytes: number): void => {
  cpSync(fileURLToPath(inRepository(`${onnxExports}/genai-cpu-llama/`)), folder, { recursive: true });
  for (const file of ["", ...readdirSync(folder)]) chmodSync(join(folder, file), 0o755);
  const data = join(folder, "model.onnx_data");
  writeFileSync(data, Buffer.concat([readFileSync(data), Buffer.alloc(bytes, 7)]));
};

export const layText = (path: string, times: number): void =>
  writeFileSync(path, "Once upon a time, there was a little girl. ".repeat(times));
