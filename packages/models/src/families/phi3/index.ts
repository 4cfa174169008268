/**
 * Phi-3 and Phi-3.5, Abdin et al., arXiv 2404.14219: Llama's blocks from fused projections, and LongRoPE in the models with
 * long windows.
 *
 *     [Q K V] = norm(x) Wᵀ,      h  = x + attention(Q, K, V) Woᵀ
 *     [g u]   = norm(h) GUᵀ,     x' = h + (σ(g) ⊙ u) Dᵀ
 */
import { headsOfJoined, linear, rmsNorm, splitColumns } from "@ropewalk/decoder";
import { familyDecoder } from "../family-decoder.ts";
import type { Family } from "../family.ts";
import { phi3Context, readPhi3Config } from "./config.ts";
import { phi3Weights } from "./weights.ts";

export const phi3: Family = {
  modelTypes: ["phi3"],
  architecture: "Phi3ForCausalLM",
  context: phi3Context,
  read: (json, names) => {
    const config = readPhi3Config(json, names);
    const { epsilon, activation, sizes } = config;
    const { feedForwardDim } = sizes;
    const weights = phi3Weights(config);
    return {
      ...familyDecoder("phi3", config, weights, rmsNorm),
      layer: (builder, index, hidden, attend) => {
        const { attentionNorm, queryKeyValue, output, feedForwardNorm, gateUp, down } = weights.layers[index]!;
        const { tape } = builder;
        const fused = linear(builder, queryKeyValue, rmsNorm(builder, { ...attentionNorm, epsilon }, hidden));
        const attended = attend(headsOfJoined(builder, sizes, fused));
        const middle = tape.op("Add", [hidden, linear(builder, output, attended)]);
        const both = linear(builder, gateUp, rmsNorm(builder, { ...feedForwardNorm, epsilon }, middle));
        const [gate, up] = splitColumns(builder, [feedForwardDim, feedForwardDim], both);
        const fed = linear(builder, down, tape.op("Mul", [activation(builder, gate!), up!]));
        return tape.op("Add", [middle, fed]);
      },
    };
  },
};
