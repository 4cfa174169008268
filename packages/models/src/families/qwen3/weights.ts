/** The weights of a Qwen3, by name and shape: a Llama's, and in each layer a norm of the queries' heads and one of the keys'. */
import type { FamilyWeights } from "../family-decoder.ts";
import type { LlamaConfig } from "../llama/config.ts";
import { llamaWeights, type LlamaLayer } from "../llama/weights.ts";
import { tensor, type Weight } from "../weight-table.ts";

export type HeadNorms = { readonly queryNorm: Weight; readonly keyNorm: Weight };

export type Qwen3Layer = LlamaLayer & HeadNorms;

export type Qwen3Weights = FamilyWeights & { readonly layers: readonly Qwen3Layer[] };

/** The norms of layer `index`. */
export const headNormsOf = ({ sizes: { headDim } }: LlamaConfig, index: number): HeadNorms => {
  const norm = (side: "q" | "k"): Weight => tensor(`model.layers.${index}.self_attn.${side}_norm`, [headDim]);
  return { queryNorm: norm("q"), keyNorm: norm("k") };
};

export const qwen3Weights = (config: LlamaConfig): Qwen3Weights => {
  const llama = llamaWeights(config);
  const layers: readonly LlamaLayer[] = llama.layers;
  return { ...llama, layers: layers.map((layer, index) => ({ ...layer, ...headNormsOf(config, index) })) };
};
