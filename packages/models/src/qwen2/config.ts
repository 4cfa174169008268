/** The numbers of a Qwen2: a Llama with biases on queries, keys and values. */
import { check } from "../check.ts";
import {
  configObject,
  optionalCount,
  optionalFlag,
  optionalPositiveInteger,
  type ConfigObject,
} from "../config-object.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/**
 * Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up. All layers alike are
 * computed: a model in which some slide and others do not is refused.
 */
const readSlidingWindow = (config: ConfigObject, numLayers: number): number | undefined => {
  const window = optionalPositiveInteger(config, "sliding_window");
  if (!(optionalFlag(config, "use_sliding_window") ?? false)) return undefined;
  const first = optionalCount(config, "max_window_layers") ?? numLayers;
  if (window === undefined || first >= numLayers) return undefined;
  check(
    first === 0,
    `${config.at}: max_window_layers must be 0, or at least num_hidden_layers ${numLayers}: all layers slide or none does`,
    first,
  );
  return window;
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen2Config = (json: unknown): LlamaConfig => {
  const config = configObject("qwen2.read: config.json", json);
  const shared = readShared(config);
  return {
    ...shared,
    biases: { inputs: true, output: false, feedForward: false },
    slidingWindow: readSlidingWindow(config, shared.sizes.numLayers),
  };
};
