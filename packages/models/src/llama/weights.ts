/**
 * The weights of a Llama, by name and shape. D hiddenDim, F feedForwardDim, V vocabSize, q numHeads * headDim,
 * k numKvHeads * headDim; a projection is [out, in].
 */
import { match } from "ts-pattern";
import { projection, shapesOf, tensor, type Weight } from "../weight.ts";
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

export type LlamaWeights = {
  readonly embedding: Weight;
  readonly layers: readonly LlamaLayer[];
  readonly finalNorm: Weight;
  readonly unembedding: Weight;
};

const layerWeights = (config: LlamaConfig, index: number): LlamaLayer => {
  const { hiddenDim: D, feedForwardDim: F, headDim, attentionBias, feedForwardBias } = config;
  const [q, k] = [config.numHeads * headDim, config.numKvHeads * headDim];
  const at = `model.layers.${index}`;
  return {
    attentionNorm: tensor(`${at}.input_layernorm`, [D]),
    query: projection(`${at}.self_attn.q_proj`, [q, D], attentionBias),
    key: projection(`${at}.self_attn.k_proj`, [k, D], attentionBias),
    value: projection(`${at}.self_attn.v_proj`, [k, D], attentionBias),
    output: projection(`${at}.self_attn.o_proj`, [D, q], attentionBias),
    feedForwardNorm: tensor(`${at}.post_attention_layernorm`, [D]),
    gate: projection(`${at}.mlp.gate_proj`, [F, D], feedForwardBias),
    up: projection(`${at}.mlp.up_proj`, [F, D], feedForwardBias),
    down: projection(`${at}.mlp.down_proj`, [D, F], feedForwardBias),
  };
};

export const llamaWeights = (config: LlamaConfig): LlamaWeights => {
  const { vocabSize: V, hiddenDim: D, numLayers, unembedding } = config;
  const embedding = tensor("model.embed_tokens", [V, D]);
  return {
    embedding,
    layers: Array.from({ length: numLayers }, (_, index) => layerWeights(config, index)),
    finalNorm: tensor("model.norm", [D]),
    unembedding: match(unembedding)
      .with({ kind: "tied" }, () => embedding)
      .with({ kind: "own" }, () => tensor("lm_head", [V, D]))
      .exhaustive(),
  };
};

/** The shapes of all of them, by name. */
export const llamaTensors = ({ layers, ...rest }: LlamaWeights): Readonly<Record<string, readonly number[]>> =>
  shapesOf([...Object.values(rest), ...layers.flatMap((layer) => Object.values(layer))]);
