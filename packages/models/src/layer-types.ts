/** Newer configs say of each layer whether it slides; that must be what the other keys say. */
import { check } from "@ropewalk/check";
import { valueOf, type ConfigObject } from "./config-object.ts";
import type { ContextRules } from "./context.ts";

/** @throws RangeError with the list where a layer is of another type than the others, or than the config's window says */
export const checkLayerTypes = (config: ConfigObject, rules: ContextRules, numLayers: number): void => {
  const types = valueOf(config, "layer_types");
  const wanted = rules.slidingWindow?.(config) === undefined ? "full_attention" : "sliding_attention";
  check(
    types === undefined ||
      (Array.isArray(types) && types.length === numLayers && types.every((type) => type === wanted)),
    `${config.at}: layer_types must be ${numLayers} times ${wanted}, as the other keys say`,
    types,
  );
};
