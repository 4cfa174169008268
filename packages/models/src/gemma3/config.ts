/** The numbers of the text part of a Gemma 3, read from its config.json. */
import { configObject, objectOf, optionalPositiveInteger, valueOf } from "../config-object.ts";
import type { ContextRules } from "../context.ts";
import { readGemmaShared } from "../gemma/config.ts";
import { gemmaScores, softcapOf, unlessStated, type Gemma2Config } from "../gemma2/config.ts";
import { layersOf, readLayerTypes } from "../layer-types.ts";
import { hasRopeByType, readRope } from "../rope-config.ts";

/** Where the config says nothing, as in transformers. */
const defaults = { window: 4096, pattern: 6, theta: 1_000_000, localTheta: 10_000 } as const;

export const gemma3Context: ContextRules = {
  slidingWindow: (config) => unlessStated(config, "sliding_window", optionalPositiveInteger, defaults.window),
  // All but every sixth, where the config does not list them.
  layers: (config) => {
    const pattern = optionalPositiveInteger(config, "sliding_window_pattern") ?? defaults.pattern;
    const slides = readLayerTypes(config) ?? layersOf(config).map((layer) => (layer + 1) % pattern !== 0);
    return slides.map((own) => ({ slides: own, rotates: true }));
  },
  defaultTheta: defaults.theta,
  ropeOf: "full_attention",
  localRope: (config, facts) => {
    const parameters = objectOf(config, "rope_parameters");
    const byType = parameters !== undefined && hasRopeByType(parameters);
    const local = {
      rope_theta: valueOf(config, "rope_local_base_freq"),
      ...(byType && { rope_parameters: valueOf(config, "rope_parameters") }),
    };
    const own = { ropeOf: "sliding_attention", defaultTheta: defaults.localTheta } as const;
    return readRope({ at: config.at, values: local }, { ...facts, ...own });
  },
  scores: (config) => gemmaScores(config, undefined),
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readGemma3Config = (json: unknown): Gemma2Config => {
  const config = configObject("gemma3.read: config.json", json);
  return {
    ...readGemmaShared(config, gemma3Context),
    logitSoftcap: softcapOf(config, "final_logit_softcapping", undefined),
  };
};
