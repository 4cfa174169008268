/** The numbers of a Phi-3, read from its config.json. */
import type { Activation, DecoderRope } from "@ropewalk/decoder";
import { readActivation } from "../activation.ts";
import { configObject, number, optionalFlag, optionalPositiveInteger } from "../config-object.ts";
import { readRope } from "../rope-config.ts";
import { readSizes, type Sizes } from "../sizes.ts";

export type Phi3Config = {
  readonly sizes: Sizes;
  /** Added to the mean square in every norm. */
  readonly epsilon: number;
  readonly activation: Activation;
  readonly rope: DecoderRope;
  /** How many keys back a query sees, in tokens; undefined: all. */
  readonly slidingWindow: number | undefined;
  /** Whether logits are taken with the embedding, or with a matrix of their own. */
  readonly unembedding: { readonly kind: "tied" } | { readonly kind: "own" };
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readPhi3Config = (json: unknown): Phi3Config => {
  const config = configObject("phi3.read: config.json", json);
  const sizes = readSizes(config);
  return {
    sizes,
    epsilon: number(config, "rms_norm_eps", { above: 0 }),
    activation: readActivation(config),
    rope: readRope(config, sizes.headDim),
    slidingWindow: optionalPositiveInteger(config, "sliding_window"),
    unembedding: { kind: (optionalFlag(config, "tie_word_embeddings") ?? false) ? "tied" : "own" },
  };
};
