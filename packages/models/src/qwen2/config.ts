/** The numbers of a Qwen2: a Llama with biases on queries, keys and values. */
import { check } from "@ropewalk/check";
import {
  configObject,
  optionalCount,
  optionalFlag,
  optionalPositiveInteger,
  positiveInteger,
  type ConfigObject,
} from "../config-object.ts";
import type { ContextRules } from "../context.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/** Where the config says nothing, as in transformers. */
const defaultMaxWindowLayers = 28;

/**
 * Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up. All layers alike are
 * computed: a model in which some slide and others do not is refused.
 */
const readSlidingWindow = (config: ConfigObject): number | undefined => {
  const window = optionalPositiveInteger(config, "sliding_window");
  if (!(optionalFlag(config, "use_sliding_window") ?? false)) return undefined;
  const numLayers = positiveInteger(config, "num_hidden_layers");
  const first = optionalCount(config, "max_window_layers") ?? defaultMaxWindowLayers;
  if (window === undefined || first >= numLayers) return undefined;
  check(
    first === 0,
    `${config.at}: max_window_layers must be 0, or at least num_hidden_layers ${numLayers}: all layers slide or none does`,
    first,
  );
  return window;
};

export const qwen2Context: ContextRules = { slidingWindow: readSlidingWindow };

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen2Config = (json: unknown): LlamaConfig => ({
  ...readShared(configObject("qwen2.read: config.json", json), qwen2Context),
  biases: { inputs: true, output: false, feedForward: false },
});
