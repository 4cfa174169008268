/** A checkpoint as a folder that transformers.js loads: config.json and onnx/model.onnx with its weights beside it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "@ropewalk/graph";
import type { Checkpoint } from "@ropewalk/models";
import { llamaOnnxGraph } from "./llama-export-graph.ts";
import { writeOnnxWeights } from "./llama-export-weights.ts";

/**
 * @param epsilon - of the norms
 * @param positions - how many tokens rotations are stored for
 */
export const writeOnnxFolder = async (
  folder: string,
  checkpoint: Checkpoint,
  { epsilon, positions }: { readonly epsilon: number; readonly positions: number },
): Promise<void> => {
  const { decoder } = checkpoint;
  await mkdir(join(folder, "onnx"), { recursive: true });
  const stored = await writeOnnxWeights(join(folder, "onnx", "model.onnx_data"), checkpoint, positions);
  await writeFile(join(folder, "onnx", "model.onnx"), encode(llamaOnnxGraph(decoder, stored, epsilon)));
  // No token ends the text: a random model is to run on.
  const config = {
    ...{ model_type: "llama", architectures: ["LlamaForCausalLM"], hidden_act: "silu" },
    vocab_size: decoder.vocabSize,
    hidden_size: decoder.hiddenDim,
    intermediate_size: decoder.feedForwardDim,
    num_hidden_layers: decoder.numLayers,
    num_attention_heads: decoder.numHeads,
    num_key_value_heads: decoder.numKvHeads,
    head_dim: decoder.headDim,
    max_position_embeddings: positions,
    rms_norm_eps: epsilon,
    rope_theta: decoder.rope.theta,
    "transformers.js_config": { use_external_data_format: true },
  };
  await writeFile(join(folder, "generation_config.json"), "{}\n");
  await writeFile(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
};
