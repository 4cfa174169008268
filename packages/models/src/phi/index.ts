/**
 * Phi-1, Phi-1.5 and Phi-2, Li et al., arXiv 2309.05463: attention and feed-forward side by side behind one norm, biases
 * throughout, and a part of each head that rotates.
 *
 *     n  = norm(x)
 *     x' = x + attention(n) Woᵀ + σ(n Uᵀ) Dᵀ
 */
import { embedding, layerNorm, linear } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { tensorsOf } from "../weight.ts";
import { readPhiConfig } from "./config.ts";
import { phiWeights } from "./weights.ts";

export const phi: Family = {
  modelTypes: ["phi"],
  architecture: "PhiForCausalLM",
  read: (json) => {
    const config = readPhiConfig(json);
    const { epsilon, activation } = config;
    const { layers, ...whole } = phiWeights(config);
    return {
      family: "phi",
      ...config.sizes,
      rope: config.rope,
      slidingWindow: undefined,
      ...tensorsOf([...Object.values(whole), ...layers.flatMap((layer) => Object.values(layer))]),
      embedding: whole.embedding.weight,
      unembedding: whole.unembedding.weight,
      embed: (builder, ids) => embedding(builder, whole.embedding, ids),
      layer: (builder, index, hidden, attend) => {
        const { norm, query, key, value, output, up, down } = layers[index]!;
        const normed = layerNorm(builder, { ...norm, epsilon }, hidden);
        const attended = attend({
          query: linear(builder, query, normed),
          key: linear(builder, key, normed),
          value: linear(builder, value, normed),
        });
        const fed = linear(builder, down, activation(builder, linear(builder, up, normed)));
        const both = builder.tape.op("Add", [linear(builder, output, attended), fed]);
        return builder.tape.op("Add", [hidden, both]);
      },
      unembed: (builder, hidden) =>
        linear(builder, whole.unembedding, layerNorm(builder, { ...whole.finalNorm, epsilon }, hidden)),
    };
  },
};
