/**
 * The decoder of Llama and of the families that share its blocks; a family's config says where it has biases, and whether
 * attention slides.
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import { embedding, gatedFeedForward, linear, rmsNorm, type Decoder } from "@ropewalk/decoder";
import { tensorsOf } from "../weight.ts";
import type { LlamaConfig } from "./config.ts";
import { llamaWeights } from "./weights.ts";

export const llamaDecoder = (family: string, config: LlamaConfig): Decoder => {
  const { epsilon, activation } = config;
  const { layers, ...whole } = llamaWeights(config);
  return {
    family,
    ...config.sizes,
    rope: config.rope,
    slidingWindow: config.slidingWindow,
    ...tensorsOf([...Object.values(whole), ...layers.flatMap((layer) => Object.values(layer))]),
    embedding: whole.embedding.weight,
    unembedding: whole.unembedding.weight,
    embed: (builder, ids) => embedding(builder, whole.embedding, ids),
    layer: (builder, index, hidden, attend) => {
      const { attentionNorm, query, key, value, output, feedForwardNorm, gate, up, down } = layers[index]!;
      const normed = rmsNorm(builder, { ...attentionNorm, epsilon }, hidden);
      const attended = attend({
        query: linear(builder, query, normed),
        key: linear(builder, key, normed),
        value: linear(builder, value, normed),
      });
      const middle = builder.tape.op("Add", [hidden, linear(builder, output, attended)]);
      const fed = gatedFeedForward(
        builder,
        { gate, up, down, activation },
        rmsNorm(builder, { ...feedForwardNorm, epsilon }, middle),
      );
      return builder.tape.op("Add", [middle, fed]);
    },
    unembed: (builder, hidden) =>
      linear(builder, whole.unembedding, rmsNorm(builder, { ...whole.finalNorm, epsilon }, hidden)),
  };
};
