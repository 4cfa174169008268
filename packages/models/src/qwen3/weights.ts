/** The weights of a Qwen3, by name and shape: a Llama's, and in each layer a norm of the queries' heads and one of the keys'. */
import type { FamilyWeights } from "../family-decoder.ts";
import type { LlamaConfig } from "../llama/config.ts";
import { llamaWeights, type LlamaLayer } from "../llama/weights.ts";
import { tensor, type Weight } from "../weight.ts";

export type Qwen3Layer = LlamaLayer & { readonly queryNorm: Weight; readonly keyNorm: Weight };

export type Qwen3Weights = FamilyWeights & { readonly layers: readonly Qwen3Layer[] };

export const qwen3Weights = (config: LlamaConfig): Qwen3Weights => {
  const llama = llamaWeights(config);
  const layers: readonly LlamaLayer[] = llama.layers;
  const norm = (index: number, side: "q" | "k"): Weight =>
    tensor(`model.layers.${index}.self_attn.${side}_norm`, [config.sizes.headDim]);
  return {
    ...llama,
    layers: layers.map((layer, index) => ({ ...layer, queryNorm: norm(index, "q"), keyNorm: norm(index, "k") })),
  };
};
