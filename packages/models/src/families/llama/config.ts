/** The numbers of a Llama, read from its config.json. */
import type { Activation } from "@ropewalk/decoder";
import { readActivation } from "../../config/activation.ts";
import { configObject, number, optionalFlag, type ConfigNames, type ConfigObject } from "../../config/config-object.ts";
import { readContext, type Context, type ContextRules } from "../../config/context.ts";
import { readSizes, type Sizes } from "../../config/model-sizes.ts";
import { readUnembedding, type Unembedding } from "../../config/unembedding.ts";

/** Which projections have biases. */
export type LlamaBiases = {
  /** Queries, keys and values. */
  readonly inputs: boolean;
  /** The output projection of attention. */
  readonly output: boolean;
  /** All three projections of the feed-forward. */
  readonly feedForward: boolean;
};

export type LlamaConfig = {
  readonly sizes: Sizes;
  /** Added to the mean square in every norm. */
  readonly epsilon: number;
  readonly activation: Activation;
  readonly context: Context;
  readonly biases: LlamaBiases;
  readonly unembedding: Unembedding;
};

/** How a family's configs differ from Llama's in keys that both have. */
export type SharedRules = {
  /** The value of head_dim where that key is absent. Absent: hidden_size over num_attention_heads. */
  readonly headDim?: number;
  /** Whether the head is the embedding where tie_word_embeddings is absent. Absent: it is not. */
  readonly tied?: boolean;
  /** Reads the activation. Absent: from hidden_act. */
  readonly activation?: (config: ConfigObject) => Activation;
};

/** The numbers that Llama and related families state under the same keys. */
export const readShared = (
  config: ConfigObject,
  rules: ContextRules,
  { headDim, tied, activation = readActivation }: SharedRules = {},
): Omit<LlamaConfig, "biases"> => {
  const sizes = readSizes(config, headDim);
  return {
    sizes,
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    activation: activation(config),
    context: readContext(config, rules, sizes.headDim),
    unembedding: readUnembedding(config, tied),
  };
};

/** The biases where the key attention_bias gives all four projections of attention a bias, or none. */
export const readAttentionBiases = (config: ConfigObject): LlamaBiases => {
  const attention = optionalFlag(config, "attention_bias") ?? false;
  return { inputs: attention, output: attention, feedForward: false };
};

/** The oldest configs, of Llama 1, do not state max_position_embeddings. */
export const llamaContext: ContextRules = { defaultPositions: 2048 };

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readLlamaConfig = (json: unknown, names?: ConfigNames): LlamaConfig => {
  const config = configObject("llama.read: config.json", json, names);
  return {
    ...readShared(config, llamaContext),
    biases: { ...readAttentionBiases(config), feedForward: optionalFlag(config, "mlp_bias") ?? false },
  };
};
