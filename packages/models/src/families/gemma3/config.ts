/** The numbers of the text part of a Gemma 3, read from its config.json. */
import { check } from "@ropewalk/check";
import { configObject, optionalPositiveInteger, type ConfigObject } from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readGemmaShared } from "../gemma/config.ts";
import { gemmaScores, softcapOf, unlessStated, type Gemma2Config } from "../gemma2/config.ts";
import { checkLayerTypes, layersOf, readLayerTypes, rotating } from "../../config/layer-types.ts";
import { readLocalRope } from "../../config/local-rope.ts";

/** Where the config says nothing, as in transformers. */
const defaults = { window: 4096, pattern: 6, theta: 1_000_000, localTheta: 10_000 } as const;

/**
 * Of each layer whether it slides. `_sliding_window_pattern` is what transformers leaves of a pattern beside the list that it made of it, or
 * of the family's, whatever the list is; without one it must be the pattern that holds.
 */
const readSlides = (config: ConfigObject): readonly boolean[] => {
  const stated = optionalPositiveInteger(config, "sliding_window_pattern");
  const pattern = stated ?? defaults.pattern;
  const left = optionalPositiveInteger(config, "_sliding_window_pattern");
  const listed = readLayerTypes(config);
  const byPattern = layersOf(config).map((layer) => (layer + 1) % pattern !== 0);
  check(
    listed !== undefined || left === undefined || left === pattern,
    `${config.at}: _sliding_window_pattern must be ${pattern} where layer_types is absent`,
    left,
  );
  if (stated !== undefined) checkLayerTypes(config, byPattern);
  return listed ?? byPattern;
};

export const gemma3Context: ContextRules = {
  slidingWindow: (config) => unlessStated(config, "sliding_window", optionalPositiveInteger, defaults.window),
  // All but every sixth, where the config does not list them.
  layers: (config) => rotating(readSlides(config)),
  defaultTheta: defaults.theta,
  ropeOf: "full_attention",
  localRope: (config, facts) => readLocalRope(config, facts, defaults.localTheta),
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
