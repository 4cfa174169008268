/** The sliding window of families whose configs state the number of the first layer that has one: Qwen2 and Qwen3. */
import { optionalCount, optionalFlag, optionalPositiveInteger, type ConfigObject } from "./config-object.ts";
import type { ContextRules } from "./context.ts";
import { layersOf, readLayerTypes, rotating } from "./layer-types.ts";

/** max_window_layers where that key is absent, as in transformers. */
const defaultMaxWindowLayers = 28;

/**
 * If use_sliding_window is true, layers from max_window_layers on slide. Where that number is absent, the layers that layer_types lists do.
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
