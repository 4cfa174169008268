/** The numbers of a Qwen3: a Llama whose heads have a width of their own; attention slides as in a Qwen2. */
import { configObject } from "../config-object.ts";
import { readAttentionBiases, readShared, type LlamaConfig } from "../llama/config.ts";
import { qwen2Context } from "../qwen2/config.ts";

/** Where the config says nothing, as in transformers. */
const defaultHeadDim = 128;

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen3Config = (json: unknown): LlamaConfig => {
  const config = configObject("qwen3.read: config.json", json);
  return {
    ...readShared(config, qwen2Context, { headDim: defaultHeadDim }),
    biases: readAttentionBiases(config),
  };
};
