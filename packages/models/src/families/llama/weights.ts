/**
 * The weights of a Llama, by name and shape. D hiddenDim, F feedForwardDim, V vocabSize, q numHeads * headDim,
 * k numKvHeads * headDim; a projection is [out, in].
 */
import type { FamilyWeights } from "../family-decoder.ts";
import { unembeddingRow } from "../../config/unembedding.ts";
import { projection, tensor, type Weight } from "../weight-table.ts";
import type { LlamaConfig } from "./config.ts";

export type LlamaLayer = {
  readonly attentionNorm: Weight;
  readonly query: Weight;
  readonly key: Weight;
  readonly value: Weight;
  readonly output: Weight;
  readonly feedForwardNorm: Weight;
  readonly gate: Weight;
  readonly up: Weight;
  readonly down: Weight;
};

export type LlamaWeights = FamilyWeights & { readonly layers: readonly LlamaLayer[] };

const layerWeights = (config: LlamaConfig, index: number): LlamaLayer => {
  const { hiddenDim: D, feedForwardDim: F, headDim, numHeads, numKvHeads } = config.sizes;
  const { biases } = config;
  const [q, k] = [numHeads * headDim, numKvHeads * headDim];
  const at = `model.layers.${index}`;
  return {
    attentionNorm: tensor(`${at}.input_layernorm`, [D]),
    query: projection(`${at}.self_attn.q_proj`, [q, D], biases.inputs),
    key: projection(`${at}.self_attn.k_proj`, [k, D], biases.inputs),
    value: projection(`${at}.self_attn.v_proj`, [k, D], biases.inputs),
    output: projection(`${at}.self_attn.o_proj`, [D, q], biases.output),
    feedForwardNorm: tensor(`${at}.post_attention_layernorm`, [D]),
    gate: projection(`${at}.mlp.gate_proj`, [F, D], biases.feedForward),
    up: projection(`${at}.mlp.up_proj`, [F, D], biases.feedForward),
    down: projection(`${at}.mlp.down_proj`, [D, F], biases.feedForward),
  };
};

export const llamaWeights = (config: LlamaConfig): LlamaWeights => {
  const { vocabSize: V, hiddenDim: D, numLayers } = config.sizes;
  const embedding = tensor("model.embed_tokens", [V, D]);
  return {
    embedding,
    layers: Array.from({ length: numLayers }, (_, index) => layerWeights(config, index)),
    finalNorm: tensor("model.norm", [D]),
    unembedding: unembeddingRow(config.unembedding, embedding),
  };
};
