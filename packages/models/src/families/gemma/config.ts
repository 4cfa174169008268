/** The numbers of a Gemma, read from its config.json. */
import { check } from "@ropewalk/check";
import { geluTanh, type Activation } from "@ropewalk/decoder";
import { readActivation } from "../../config/activation.ts";
import {
  configObject,
  optionalFlag,
  placeOf,
  valueOf,
  type ConfigNames,
  type ConfigObject,
} from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readAttentionBiases, readShared, type LlamaConfig } from "../llama/config.ts";

/** The first configs state gelu and mean its approximation by tanh: all of these models were trained with that. */
const ownNames = { gelu: geluTanh };

/** Configs state the activation under hidden_act, under hidden_activation, or under both. */
const readGemmaActivation = (config: ConfigObject): Activation => {
  const keys = ["hidden_act", "hidden_activation"].filter((key) => valueOf(config, key) !== undefined);
  const [activation, other] = keys.map((key) => readActivation(config, { key, names: ownNames }));
  check(
    other === undefined || other === activation,
    `${placeOf(config, "hidden_activation")} must be the hidden_act ${String(valueOf(config, "hidden_act"))}`,
    valueOf(config, "hidden_activation"),
  );
  return activation ?? readActivation(config, { names: ownNames });
};

export const gemmaContext: ContextRules = {};

/** The numbers that all Gemmas state under the same keys. */
export const readGemmaShared = (config: ConfigObject, context: ContextRules): LlamaConfig => {
  const seesAhead = optionalFlag(config, "use_bidirectional_attention") ?? false;
  check(!seesAhead, `${placeOf(config, "use_bidirectional_attention")} must be false`, seesAhead);
  return {
    ...readShared(config, context, { headDim: 256, tied: true, activation: readGemmaActivation }),
    biases: readAttentionBiases(config),
  };
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readGemmaConfig = (json: unknown, names?: ConfigNames): LlamaConfig =>
  readGemmaShared(configObject("gemma.read: config.json", json, names), gemmaContext);
