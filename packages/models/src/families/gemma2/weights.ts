/** The weights of a Gemma 2, by name and shape: a Llama's, with a norm behind attention and two around the feed-forward. */
import type { FamilyWeights } from "../family-decoder.ts";
import type { LlamaConfig } from "../llama/config.ts";
import { llamaWeights, type LlamaLayer } from "../llama/weights.ts";
import { tensor, type Weight } from "../weight-table.ts";

export type Gemma2Layer = LlamaLayer & { readonly attentionOutputNorm: Weight; readonly feedForwardOutputNorm: Weight };

export type Gemma2Weights = FamilyWeights & { readonly layers: readonly Gemma2Layer[] };

export const gemma2Weights = (config: LlamaConfig): Gemma2Weights => {
  const llama = llamaWeights(config);
  const norm = (index: number, name: string): Weight =>
    tensor(`model.layers.${index}.${name}_layernorm`, [config.sizes.hiddenDim]);
  const layers: readonly LlamaLayer[] = llama.layers;
  return {
    ...llama,
    layers: layers.map((layer, index) => ({
      ...layer,
      attentionOutputNorm: norm(index, "post_attention"),
      feedForwardNorm: norm(index, "pre_feedforward"),
      feedForwardOutputNorm: norm(index, "post_feedforward"),
    })),
  };
};
