/** Reads positions from any parsed config.json, also of a family that is not computed here. */
import { checkInteger, checkKeys } from "@ropewalk/check";
import { configObject, optionalFlag, optionalPositiveInteger, type ConfigObject } from "./config-object.ts";
import { readContext, type Context, type ContextRules } from "./context.ts";
import { familyNamed } from "../families/families.ts";
import { layersOf, readLayerTypes, type LayerRule } from "./layer-types.ts";
import { readLocalRope, statesLocalRope } from "./local-rope.ts";
import { readRotates } from "./rotating-layers.ts";
import { widestHead } from "./model-sizes.ts";

/** In an unknown family a stated window counts, unless it is switched off. */
const slidingWindow = (config: ConfigObject): number | undefined =>
  optionalFlag(config, "use_sliding_window") === false ? undefined : optionalPositiveInteger(config, "sliding_window");

/** The rules for an unknown family, with what its config lists layer by layer under names that several families share. */
const generalRules = (config: ConfigObject): ContextRules => {
  const slides = readLayerTypes(config);
  const rotates = readRotates(config);
  const layers = (): readonly LayerRule[] =>
    layersOf(config).map((layer) => ({ slides: slides?.[layer] ?? true, rotates: rotates?.[layer] ?? true }));
  return {
    slidingWindow,
    ropeOf: "full_attention",
    ...((slides ?? rotates) && { layers }),
    ...(statesLocalRope(config) && { localRope: (own, facts) => readLocalRope(own, facts, 10_000) }),
  };
};

/**
 * The rotation and the windows that a config states, for a head of `headDim` dimensions, by the rules of the family that it
 * names. `defaultShare` is the share of the dimensions that rotates where neither the config nor the family says.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRotation = (
  json: unknown,
  options: { readonly headDim: number; readonly defaultShare?: number },
): Context => {
  const { headDim, defaultShare } = checkKeys("readRotation", "options", options, {
    headDim: (where, name, value) => checkInteger(where, name, value, 1, widestHead),
    defaultShare: true,
  });
  const config = configObject("readRotation: config.json", json);
  const rules = familyNamed(config)?.context ?? generalRules(config);
  const share = defaultShare ?? rules.rotaryShare;
  return readContext(config, { ...rules, ...(share === undefined ? {} : { rotaryShare: share }) }, headDim);
};
