/** The numbers of a Qwen2: a Llama with biases on queries, keys and values. */
import { configObject, type ConfigNames } from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";
import { windowFromLayer } from "../../config/window-layers.ts";

export const qwen2Context: ContextRules = windowFromLayer;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen2Config = (json: unknown, names?: ConfigNames): LlamaConfig => ({
  ...readShared(configObject("qwen2.read: config.json", json, names), qwen2Context),
  biases: { inputs: true, output: false, feedForward: false },
});
