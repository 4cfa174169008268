/** The numbers of a Mistral: a Llama without biases, whose attention slides. */
import { configObject, optionalPositiveInteger, states, type ConfigNames } from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/** The window where the key is absent, as in transformers. A key that is null means that attention does not slide. */
const defaultWindow = 4096;

export const mistralContext: ContextRules = {
  slidingWindow: (config) =>
    states(config, "sliding_window") ? optionalPositiveInteger(config, "sliding_window") : defaultWindow,
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readMistralConfig = (json: unknown, names?: ConfigNames): LlamaConfig => ({
  ...readShared(configObject("mistral.read: config.json", json, names), mistralContext),
  biases: { inputs: false, output: false, feedForward: false },
});
