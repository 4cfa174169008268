/**
 * Qwen3, Yang et al., arXiv 2505.09388: Llama's blocks, without biases, and each head of the queries and of the keys has a norm
 * before it is rotated (Dehghani et al., arXiv 2302.05442, section 2).
 *
 *     q = norm(x Wqᵀ),     k = norm(x Wkᵀ)     over the headDim dimensions of each head
 */
import { headRmsNorm, rmsNorm } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import { llamaVariant } from "../llama/decoder.ts";
import { qwen3Context, readQwen3Config } from "./config.ts";
import { qwen3Weights } from "./weights.ts";

export const qwen3: Family = {
  modelTypes: ["qwen3"],
  architecture: "Qwen3ForCausalLM",
  context: qwen3Context,
  read: (json) => {
    const config = readQwen3Config(json);
    const { epsilon, sizes } = config;
    const { numHeads, numKvHeads, headDim } = sizes;
    return llamaVariant("qwen3", config, {
      weights: qwen3Weights(config),
      norm: rmsNorm,
      refine: (builder, { queryNorm, keyNorm }, { query, key, value }) => ({
        query: headRmsNorm(builder, { ...queryNorm, epsilon, numHeads, headDim }, query),
        key: headRmsNorm(builder, { ...keyNorm, epsilon, numHeads: numKvHeads, headDim }, key),
        value,
      }),
    });
  },
};
