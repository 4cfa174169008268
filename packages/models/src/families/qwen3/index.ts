/**
 * Qwen3, Yang et al., arXiv 2505.09388: Llama's blocks, without biases, and each head of the queries and of the keys has a norm
 * before it is rotated (Dehghani et al., arXiv 2302.05442, section 2).
 *
 *     q = norm(x Wqᵀ),     k = norm(x Wkᵀ)     over the headDim dimensions of each head
 */
import { rmsNorm, type Builder, type Projected } from "@ropewalk/decoder";
import type { Family } from "../family.ts";
import type { LlamaConfig } from "../llama/config.ts";
import { llamaVariant } from "../llama/decoder.ts";
import { qwen3Context, readQwen3Config } from "./config.ts";
import { qwen3Weights, type HeadNorms } from "./weights.ts";

/** Norms each head of the queries and of the keys. */
export const headNorms =
  ({ epsilon }: LlamaConfig, norm: typeof rmsNorm) =>
  (builder: Builder, { queryNorm, keyNorm }: HeadNorms, { query, key, value }: Projected): Projected => ({
    query: norm(builder, { ...queryNorm, epsilon }, query),
    key: norm(builder, { ...keyNorm, epsilon }, key),
    value,
  });

export const qwen3: Family = {
  modelTypes: ["qwen3"],
  architecture: "Qwen3ForCausalLM",
  context: qwen3Context,
  read: (json, names) => {
    const config = readQwen3Config(json, names);
    return llamaVariant("qwen3", config, {
      weights: qwen3Weights(config),
      norm: rmsNorm,
      refine: headNorms(config, rmsNorm),
    });
  },
};
