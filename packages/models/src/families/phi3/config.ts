/** The numbers of a Phi-3, read from its config.json: a Llama's, without biases, and a sliding window. */
import { configObject, optionalPositiveInteger, type ConfigNames } from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

export type Phi3Config = Omit<LlamaConfig, "biases">;

export const phi3Context: ContextRules = {
  // Early configs of Phi-3 call LongRoPE by these names; none of them means the YaRN of other families.
  ropeTypes: { su: "longrope", yarn: "longrope" },
  slidingWindow: (config) => optionalPositiveInteger(config, "sliding_window"),
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readPhi3Config = (json: unknown, names?: ConfigNames): Phi3Config =>
  readShared(configObject("phi3.read: config.json", json, names), phi3Context);
