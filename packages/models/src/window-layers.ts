/** The sliding window of families that state by number which layers have one, as Qwen2 and Qwen3 do. */
import { optionalCount, optionalFlag, optionalPositiveInteger, type ConfigObject } from "./config-object.ts";
import type { ContextRules } from "./context.ts";
import { layersOf } from "./layer-types.ts";

/** Where the config says nothing, as in transformers. */
const defaultMaxWindowLayers = 28;

/** Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up. */
export const windowFromLayer: ContextRules = {
  slidingWindow: (config: ConfigObject): number | undefined => {
    const window = optionalPositiveInteger(config, "sliding_window");
    return (optionalFlag(config, "use_sliding_window") ?? false) ? window : undefined;
  },
  layers: (config) => {
    const first = optionalCount(config, "max_window_layers") ?? defaultMaxWindowLayers;
    return layersOf(config).map((layer) => ({ slides: layer >= first, rotates: true }));
  },
};
