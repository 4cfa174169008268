/** The numbers of a Llama, read from its config.json. */
import type { Activation, DecoderRope } from "@ropewalk/decoder";
import { readActivation } from "../activation.ts";
import { configObject, number, optionalFlag, type ConfigObject } from "../config-object.ts";
import { readRope } from "../rope-config.ts";
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
  readonly rope: DecoderRope;
  readonly biases: LlamaBiases;
  /** How many keys back a query sees, in tokens; undefined: all. */
  readonly slidingWindow: number | undefined;
  readonly unembedding: Unembedding;
};

/** What Llama and its kin state under the same keys. */
export const readShared = (config: ConfigObject): Omit<LlamaConfig, "biases" | "slidingWindow"> => {
  const sizes = readSizes(config);
  return {
    sizes,
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    activation: readActivation(config),
    rope: readRope(config, sizes.headDim),
    unembedding: readUnembedding(config),
  };
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readLlamaConfig = (json: unknown): LlamaConfig => {
  const config = configObject("llama.read: config.json", json);
  const attention = optionalFlag(config, "attention_bias") ?? false;
  return {
    ...readShared(config),
    biases: { inputs: attention, output: attention, feedForward: optionalFlag(config, "mlp_bias") ?? false },
    slidingWindow: undefined,
  };
};
