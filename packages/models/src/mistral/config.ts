/** The numbers of a Mistral: a Llama without biases, whose attention slides. */
import { configObject, optionalPositiveInteger } from "../config-object.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readMistralConfig = (json: unknown): LlamaConfig => {
  const config = configObject("mistral.read: config.json", json);
  return {
    ...readShared(config),
    biases: { inputs: false, output: false, feedForward: false },
    slidingWindow: optionalPositiveInteger(config, "sliding_window"),
  };
};
