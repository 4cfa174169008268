/** The numbers of a Mistral: a Llama without biases, whose attention slides. */
import { configObject, optionalPositiveInteger, states } from "../config-object.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/** Where the config says nothing, as in transformers; null says that attention does not slide. */
const defaultWindow = 4096;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readMistralConfig = (json: unknown): LlamaConfig => {
  const config = configObject("mistral.read: config.json", json);
  return {
    ...readShared(config),
    biases: { inputs: false, output: false, feedForward: false },
    slidingWindow: states(config, "sliding_window") ? optionalPositiveInteger(config, "sliding_window") : defaultWindow,
  };
};
