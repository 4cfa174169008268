/** The numbers of a SmolLM3, read from its config.json: a Llama's, in which some layers do not rotate. */
import {
  configObject,
  optionalFlag,
  optionalPositiveInteger,
  positiveInteger,
  type ConfigNames,
  type ConfigObject,
} from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { layersOf, readLayerTypes } from "../../config/layer-types.ts";
import { readAttentionBiases, readShared, type LlamaConfig } from "../llama/config.ts";
import { readRotates } from "../../config/rotating-layers.ts";

/** The values of absent keys, as in transformers. */
const defaults = { interval: 4, theta: 2_000_000 } as const;

/** For each layer, whether it rotates: by the list in no_rope_layers, or else all but one in every interval. */
const rotatesOf = (config: ConfigObject): readonly boolean[] => {
  const interval = optionalPositiveInteger(config, "no_rope_layer_interval") ?? defaults.interval;
  return readRotates(config) ?? layersOf(config).map((layer) => (layer + 1) % interval !== 0);
};

export const smollm3Context: ContextRules = {
  slidingWindow: (config) =>
    (optionalFlag(config, "use_sliding_window") ?? false) ? positiveInteger(config, "sliding_window") : undefined,
  layers: (config) => {
    const rotates = rotatesOf(config);
    // Without a list of layers that slide, those that do not rotate do.
    const slides = readLayerTypes(config) ?? rotates.map((own) => !own);
    return rotates.map((own, layer) => ({ rotates: own, slides: slides[layer]! }));
  },
  defaultTheta: defaults.theta,
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readSmollm3Config = (json: unknown, names?: ConfigNames): LlamaConfig => {
  const config = configObject("smollm3.read: config.json", json, names);
  return {
    ...readShared(config, smollm3Context, { tied: true }),
    biases: { ...readAttentionBiases(config), feedForward: optionalFlag(config, "mlp_bias") ?? false },
  };
};
