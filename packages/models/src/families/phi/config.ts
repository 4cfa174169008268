/** The numbers of a Phi, read from its config.json. */
import type { Activation } from "@ropewalk/decoder";
import { readActivation } from "../../config/activation.ts";
import { check } from "@ropewalk/check";
import { configObject, number, optionalFlag, placeOf, type ConfigNames } from "../../config/config-object.ts";
import { readContext, type Context, type ContextRules } from "../../config/context.ts";
import { readSizes, type Sizes } from "../../config/model-sizes.ts";
import { readUnembedding, type Unembedding } from "../../config/unembedding.ts";

export type PhiConfig = {
  readonly sizes: Sizes;
  /** Added to the variance in every norm. */
  readonly epsilon: number;
  readonly activation: Activation;
  readonly context: Context;
  /** Logits have a bias in both cases. */
  readonly unembedding: Unembedding;
};

export const phiContext: ContextRules = { rotaryShare: 0.5 };

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readPhiConfig = (json: unknown, names?: ConfigNames): PhiConfig => {
  const config = configObject("phi.read: config.json", json, names);
  const normsQueriesAndKeys = optionalFlag(config, "qk_layernorm") ?? false;
  check(!normsQueriesAndKeys, `${placeOf(config, "qk_layernorm")} must be false`, normsQueriesAndKeys);
  const sizes = readSizes(config);
  return {
    sizes,
    epsilon: number(config, "layer_norm_eps", { above: 0 }),
    activation: readActivation(config),
    context: readContext(config, phiContext, sizes.headDim),
    unembedding: readUnembedding(config),
  };
};
