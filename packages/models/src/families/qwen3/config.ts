/** The numbers of a Qwen3: a Llama whose heads have a width of their own. */
import { configObject, type ConfigNames } from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readAttentionBiases, readShared, type LlamaConfig } from "../llama/config.ts";
import { windowFromLayer } from "../../config/window-layers.ts";

/** The head's width where head_dim is absent, as in transformers. */
const defaultHeadDim = 128;

export const qwen3Context: ContextRules = windowFromLayer;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen3Config = (json: unknown, names?: ConfigNames): LlamaConfig => {
  const config = configObject("qwen3.read: config.json", json, names);
  return {
    ...readShared(config, qwen3Context, { headDim: defaultHeadDim }),
    biases: readAttentionBiases(config),
  };
};
