/**
 * Llama, Touvron et al., arXiv 2302.13971, with grouped-query attention and whatever rope scaling its config states:
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (silu(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import { embedding, gatedFeedForward, linear, rmsNorm, silu } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { readLlamaConfig } from "./config.ts";
import { llamaTensors, llamaWeights } from "./weights.ts";

export const llama: Family = {
  modelTypes: ["llama"],
  read: (json) => {
    const config = readLlamaConfig(json);
    const weights = llamaWeights(config);
    const { epsilon } = config;
    return {
      family: "llama",
      vocabSize: config.vocabSize,
      hiddenDim: config.hiddenDim,
      numLayers: config.numLayers,
      numHeads: config.numHeads,
      numKvHeads: config.numKvHeads,
      headDim: config.headDim,
      trainedContext: config.trainedContext,
      rope: config.rope,
      tensors: llamaTensors(weights),
      embed: (builder, ids) => embedding(builder, weights.embedding, ids),
      layer: (builder, index, hidden, attend) => {
        const layer = weights.layers[index]!;
        const normed = rmsNorm(builder, { ...layer.attentionNorm, epsilon }, hidden);
        const attended = attend({
          query: linear(builder, layer.query, normed),
          key: linear(builder, layer.key, normed),
          value: linear(builder, layer.value, normed),
        });
        const { tape } = builder;
        const middle = tape.op("Add", [hidden, linear(builder, layer.output, attended)]);
        const { gate, up, down } = layer;
        const fed = gatedFeedForward(
          builder,
          { gate, up, down, activation: silu },
          rmsNorm(builder, { ...layer.feedForwardNorm, epsilon }, middle),
        );
        return tape.op("Add", [middle, fed]);
      },
      unembed: (builder, hidden) =>
        linear(builder, weights.unembedding, rmsNorm(builder, { ...weights.finalNorm, epsilon }, hidden)),
    };
  },
};
