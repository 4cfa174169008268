/** The sliding window of families that state by number which layers have one, as Qwen2 and Qwen3 do. */
import { optionalCount, optionalFlag, optionalPositiveInteger, type ConfigObject } from "./config-object.ts";
import type { ContextRules } from "./context.ts";
import { layersOf, readLayerTypes, rotating } from "./layer-types.ts";

/** Where the config says nothing, as in transformers. */
const defaultMaxWindowLayers = 28;

/**
 * Attention slides where use_sliding_window says so, and then only in layers max_window_layers and up, or in those that layer_types lists
 * where that number is absent.
 */
export const windowFromLayer: ContextRules = {
  slidingWindow: (config: ConfigObject): number | undefined => {
    const window = optionalPositiveInteger(config, "sliding_window");
    return (optionalFlag(config, "use_sliding_window") ?? false) ? window : undefined;
  },
  layers: (config) => {
    const stated = optionalCount(config, "max_window_layers");
    const listed = stated === undefined ? readLayerTypes(config) : undefined;
    const slides = listed ?? layersOf(config).map((layer) => layer >= (stated ?? defaultMaxWindowLayers));
    return rotating(slides);
  },
};
