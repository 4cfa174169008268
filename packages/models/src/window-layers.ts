/** The sliding window of families that state by number which layers have one, as Qwen2 and Qwen3 do. */
import { check } from "@ropewalk/check";
import {
  optionalCount,
  optionalFlag,
  optionalPositiveInteger,
  positiveInteger,
  type ConfigObject,
} from "./config-object.ts";

/** Where the config says nothing, as in transformers. */
const defaultMaxWindowLayers = 28;

/**
 * Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up. All layers alike are
 * computed: a model in which some slide and others do not is refused.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const windowOfLayers = (config: ConfigObject): number | undefined => {
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
