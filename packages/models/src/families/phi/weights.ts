/**
 * The weights of a Phi, by name and shape. D hiddenDim, F feedForwardDim, V vocabSize, q numHeads * headDim,
 * k numKvHeads * headDim; a projection is [out, in]. Everything but the embedding has a bias.
 */
import type { FamilyWeights } from "../family-decoder.ts";
import { unembeddingRow } from "../../config/unembedding.ts";
import { biased, projection, tensor, type Weight } from "../weight-table.ts";
import type { PhiConfig } from "./config.ts";

export type PhiLayer = {
  readonly norm: Weight;
  readonly query: Weight;
  readonly key: Weight;
  readonly value: Weight;
  readonly output: Weight;
  readonly up: Weight;
  readonly down: Weight;
};

export type PhiWeights = FamilyWeights & { readonly layers: readonly PhiLayer[] };

const norm = (name: string, size: number): Weight => biased(name, tensor(name, [size]));

const layerWeights = (config: PhiConfig, index: number): PhiLayer => {
  const { hiddenDim: D, feedForwardDim: F, headDim, numHeads, numKvHeads } = config.sizes;
  const [q, k] = [numHeads * headDim, numKvHeads * headDim];
  const at = `model.layers.${index}`;
  return {
    norm: norm(`${at}.input_layernorm`, D),
    query: projection(`${at}.self_attn.q_proj`, [q, D], true),
    key: projection(`${at}.self_attn.k_proj`, [k, D], true),
    value: projection(`${at}.self_attn.v_proj`, [k, D], true),
    output: projection(`${at}.self_attn.dense`, [D, q], true),
    up: projection(`${at}.mlp.fc1`, [F, D], true),
    down: projection(`${at}.mlp.fc2`, [D, F], true),
  };
};

export const phiWeights = (config: PhiConfig): PhiWeights => {
  const { vocabSize: V, hiddenDim: D, numLayers } = config.sizes;
  const embedding = tensor("model.embed_tokens", [V, D]);
  return {
    embedding,
    layers: Array.from({ length: numLayers }, (_, index) => layerWeights(config, index)),
    finalNorm: norm("model.final_layernorm", D),
    unembedding: biased("lm_head", unembeddingRow(config.unembedding, embedding)),
  };
};
