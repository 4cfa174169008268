/**
 * Phi-1, Phi-1.5 and Phi-2, Li et al., arXiv 2309.05463: attention and feed-forward side by side behind one norm, biases
 * throughout, and a part of each head that rotates.
 *
 *     n  = norm(x)
 *     x' = x + attention(n) Woᵀ + σ(n Uᵀ) Dᵀ
 */
import { layerNorm, linear, projectHeads } from "@ropewalk/decoder";
import { familyDecoder } from "../family-decoder.ts";
import type { Family } from "../family.ts";
import { phiContext, readPhiConfig } from "./config.ts";
import { phiWeights } from "./weights.ts";

export const phi: Family = {
  modelTypes: ["phi"],
  architecture: "PhiForCausalLM",
  context: phiContext,
  read: (json, names) => {
    const config = readPhiConfig(json, names);
    const { epsilon, activation, sizes } = config;
    const weights = phiWeights(config);
    return {
      ...familyDecoder("phi", config, weights, layerNorm),
      layer: (builder, index, hidden, attend) => {
        const { norm, query, key, value, output, up, down } = weights.layers[index]!;
        const normed = layerNorm(builder, { ...norm, epsilon }, hidden);
        const attended = attend(projectHeads(builder, { ...sizes, query, key, value }, normed));
        const fed = linear(builder, down, activation(builder, linear(builder, up, normed)));
        const both = builder.tape.op("Add", [linear(builder, output, attended), fed]);
        return builder.tape.op("Add", [hidden, both]);
      },
    };
  },
};
