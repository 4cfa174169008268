/** The numbers of a Llama, read from its config.json. */
import type { Activation, DecoderRope } from "@ropewalk/decoder";
import { readActivation } from "../activation.ts";
import { configObject, number, optionalFlag, type ConfigObject } from "../config-object.ts";
import { readRope } from "../rope-config.ts";
import { readSizes, type Sizes } from "../sizes.ts";

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
  /** Whether logits are taken with the embedding, or with a matrix of their own. */
  readonly unembedding: { readonly kind: "tied" } | { readonly kind: "own" };
};

/** What the families that share Llama's blocks state under the same keys. */
export const readShared = (config: ConfigObject): Omit<LlamaConfig, "biases" | "slidingWindow"> => {
  const sizes = readSizes(config);
  return {
    sizes,
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    activation: readActivation(config),
    rope: readRope(config, sizes.headDim),
    unembedding: { kind: (optionalFlag(config, "tie_word_embeddings") ?? false) ? "tied" : "own" },
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
