/** The numbers of a Phi-3, read from its config.json: a Llama's, without biases, and a sliding window. */
import { configObject, optionalPositiveInteger } from "../config-object.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

export type Phi3Config = Omit<LlamaConfig, "biases">;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readPhi3Config = (json: unknown): Phi3Config => {
  const config = configObject("phi3.read: config.json", json);
  return { ...readShared(config), slidingWindow: optionalPositiveInteger(config, "sliding_window") };
};
