/** The numbers of a Llama, read from its config.json. */
import type { Activation } from "@ropewalk/decoder";
import { readActivation } from "../activation.ts";
import { configObject, number, optionalFlag, type ConfigObject } from "../config-object.ts";
import { readContext, type Context, type ContextRules } from "../context.ts";
import { checkLayerTypes } from "../layer-types.ts";
import { readSizes, type Sizes } from "../sizes.ts";
import { readUnembedding, type Unembedding } from "../unembedding.ts";

/** Which projections have biases. */
export type LlamaBiases = {
  /** Queries, keys and values. */
  readonly inputs: boolean;
  /** What attention gives back. */
  readonly output: boolean;
  /** All three of the feed-forward. */
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

/** What Llama and its kin state under the same keys. */
export const readShared = (config: ConfigObject, rules: ContextRules): Omit<LlamaConfig, "biases"> => {
  const sizes = readSizes(config);
  checkLayerTypes(config, rules, sizes.numLayers);
  return {
    sizes,
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    activation: readActivation(config),
    context: readContext(config, rules, sizes.headDim),
    unembedding: readUnembedding(config),
  };
};

/** The oldest configs, of Llama 1, do not state how many positions there are. */
export const llamaContext: ContextRules = { defaultPositions: 2048 };

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readLlamaConfig = (json: unknown): LlamaConfig => {
  const config = configObject("llama.read: config.json", json);
  const attention = optionalFlag(config, "attention_bias") ?? false;
  return {
    ...readShared(config, llamaContext),
    biases: { inputs: attention, output: attention, feedForward: optionalFlag(config, "mlp_bias") ?? false },
  };
};
