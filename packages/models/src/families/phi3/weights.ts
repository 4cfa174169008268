/**
 * The weights of a Phi-3, by name and shape. D hiddenDim, F feedForwardDim, V vocabSize, q numHeads * headDim,
 * k numKvHeads * headDim; a projection is [out, in]. Queries, keys and values are one matrix, gate and up are another.
 */
import type { FamilyWeights } from "../family-decoder.ts";
import { unembeddingRow } from "../../config/unembedding.ts";
import { projection, tensor, type Weight } from "../weight-table.ts";
import type { Phi3Config } from "./config.ts";

export type Phi3Layer = {
  readonly attentionNorm: Weight;
  readonly queryKeyValue: Weight;
  readonly output: Weight;
  readonly feedForwardNorm: Weight;
  readonly gateUp: Weight;
  readonly down: Weight;
};

export type Phi3Weights = FamilyWeights & { readonly layers: readonly Phi3Layer[] };

const layerWeights = (config: Phi3Config, index: number): Phi3Layer => {
  const { hiddenDim: D, feedForwardDim: F, headDim, numHeads, numKvHeads } = config.sizes;
  const [q, k] = [numHeads * headDim, numKvHeads * headDim];
  const at = `model.layers.${index}`;
  return {
    attentionNorm: tensor(`${at}.input_layernorm`, [D]),
    queryKeyValue: projection(`${at}.self_attn.qkv_proj`, [q + 2 * k, D]),
    output: projection(`${at}.self_attn.o_proj`, [D, q]),
    feedForwardNorm: tensor(`${at}.post_attention_layernorm`, [D]),
    gateUp: projection(`${at}.mlp.gate_up_proj`, [2 * F, D]),
    down: projection(`${at}.mlp.down_proj`, [D, F]),
  };
};

export const phi3Weights = (config: Phi3Config): Phi3Weights => {
  const { vocabSize: V, hiddenDim: D, numLayers } = config.sizes;
  const embedding = tensor("model.embed_tokens", [V, D]);
  return {
    embedding,
    layers: Array.from({ length: numLayers }, (_, index) => layerWeights(config, index)),
    finalNorm: tensor("model.norm", [D]),
    unembedding: unembeddingRow(config.unembedding, embedding),
  };
};
