/** The numbers of a Qwen2: a Llama with biases on queries, keys and values. */
import { check } from "@ropewalk/check";
import {
  configObject,
  optionalCount,
  optionalFlag,
  optionalPositiveInteger,
  valueOf,
  type ConfigObject,
} from "../config-object.ts";
import { readShared, type LlamaConfig } from "../llama/config.ts";

/** Where the config says nothing, as in transformers. */
const defaultMaxWindowLayers = 28;

/**
 * Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up. All layers alike are
 * computed: a model in which some slide and others do not is refused.
 */
const readSlidingWindow = (config: ConfigObject, numLayers: number): number | undefined => {
  const window = optionalPositiveInteger(config, "sliding_window");
  if (!(optionalFlag(config, "use_sliding_window") ?? false)) return undefined;
  const first = optionalCount(config, "max_window_layers") ?? defaultMaxWindowLayers;
  if (window === undefined || first >= numLayers) return undefined;
  check(
    first === 0,
    `${config.at}: max_window_layers must be 0, or at least num_hidden_layers ${numLayers}: all layers slide or none does`,
    first,
  );
  return window;
};

/** Newer configs say of each layer whether it slides; that must be what the other keys say. */
const checkLayerTypes = (config: ConfigObject, numLayers: number, slides: boolean): void => {
  const types = valueOf(config, "layer_types");
  const wanted = slides ? "sliding_attention" : "full_attention";
  check(
    types === undefined ||
      (Array.isArray(types) && types.length === numLayers && types.every((type) => type === wanted)),
    `${config.at}: layer_types must be ${numLayers} times ${wanted}, as the other keys say`,
    types,
  );
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readQwen2Config = (json: unknown): LlamaConfig => {
  const config = configObject("qwen2.read: config.json", json);
  const shared = readShared(config);
  const { numLayers } = shared.sizes;
  const slidingWindow = readSlidingWindow(config, numLayers);
  checkLayerTypes(config, numLayers, slidingWindow !== undefined);
  return {
    ...shared,
    biases: { inputs: true, output: false, feedForward: false },
    slidingWindow,
  };
};
