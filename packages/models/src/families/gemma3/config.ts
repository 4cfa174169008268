/** The numbers of the text part of a Gemma 3, read from its config.json. */
import { check } from "@ropewalk/check";
import {
  configObject,
  optionalPositiveInteger,
  placeOf,
  type ConfigNames,
  type ConfigObject,
} from "../../config/config-object.ts";
import type { ContextRules } from "../../config/context.ts";
import { readGemmaShared } from "../gemma/config.ts";
import { gemmaScores, softcapOf, unlessStated, type Gemma2Config } from "../gemma2/config.ts";
import { checkLayerTypes, layersOf, readLayerTypes, rotating } from "../../config/layer-types.ts";
import { readLocalRope } from "../../config/local-rope.ts";

/** The values of absent keys, as in transformers. */
const defaults = { window: 4096, pattern: 6, theta: 1_000_000, localTheta: 10_000 } as const;

/**
 * For each layer, whether it slides. transformers writes `_sliding_window_pattern` beside every list in `layer_types`, whether or not the list
 * follows that pattern. So the key counts for nothing beside a list; without a list it must be the pattern that is used.
 */
const readSlides = (config: ConfigObject): readonly boolean[] => {
  const stated = optionalPositiveInteger(config, "sliding_window_pattern");
  const pattern = stated ?? defaults.pattern;
  const remainder = optionalPositiveInteger(config, "_sliding_window_pattern");
  const listed = readLayerTypes(config);
  const byPattern = layersOf(config).map((layer) => (layer + 1) % pattern !== 0);
  check(
    listed !== undefined || remainder === undefined || remainder === pattern,
    `${placeOf(config, "_sliding_window_pattern")} must be ${pattern} where layer_types is absent`,
    remainder,
  );
  if (stated !== undefined) checkLayerTypes(config, byPattern);
  return listed ?? byPattern;
};

export const gemma3Context: ContextRules = {
  slidingWindow: (config) => unlessStated(config, "sliding_window", optionalPositiveInteger, defaults.window),
  // Without a list in the config, all but every sixth layer slide.
  layers: (config) => rotating(readSlides(config)),
  defaultTheta: defaults.theta,
  ropeOf: "full_attention",
  localRope: (config, facts) => readLocalRope(config, facts, defaults.localTheta),
  scores: (config) => gemmaScores(config, undefined),
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const readGemma3Config = (json: unknown, names?: ConfigNames): Gemma2Config => {
  const config = configObject("gemma3.read: config.json", json, names);
  return {
    ...readGemmaShared(config, gemma3Context),
    logitSoftcap: softcapOf(config, "final_logit_softcapping", undefined),
  };
};
