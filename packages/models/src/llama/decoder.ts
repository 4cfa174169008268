/**
 * The decoder of Llama and of the families that share its blocks; a family's config says where it has biases, and whether
 * attention slides.
 *
 *     h  = x + attention(norm(x)) Woᵀ
 *     x' = h + (σ(norm(h) Gᵀ) ⊙ norm(h) Uᵀ) Dᵀ
 */
import { gatedFeedForward, linear, rmsNorm, type Decoder } from "@ropewalk/decoder";
import { familyDecoder } from "../family-decoder.ts";
import type { LlamaConfig } from "./config.ts";
import { llamaWeights } from "./weights.ts";

export const llamaDecoder = (family: string, config: LlamaConfig): Decoder => {
  const { epsilon, activation } = config;
  const weights = llamaWeights(config);
  return {
    ...familyDecoder(family, config, weights, rmsNorm),
    layer: (builder, index, hidden, attend) => {
      const { attentionNorm, query, key, value, output, feedForwardNorm, gate, up, down } = weights.layers[index]!;
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
  };
};
