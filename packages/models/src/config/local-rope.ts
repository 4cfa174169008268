/** The rope of layers that slide, where a config states one of their own: by type under rope_parameters, or as rope_local_base_freq. */
import { check } from "@ropewalk/check";
import type { DecoderRope } from "@ropewalk/context-extension";
import { nameIn, objectOf, optionalNumber, placeOf, valueOf, type ConfigObject } from "./config-object.ts";
import { hasRopeByType, readRope, type RopeFacts } from "./rope-config.ts";

/** rope_parameters, where it holds one rope for each type of layer. */
const byType = (config: ConfigObject): ConfigObject | undefined => {
  const parameters = objectOf(config, "rope_parameters");
  return parameters !== undefined && hasRopeByType(parameters) ? parameters : undefined;
};

export const statesLocalRope = (config: ConfigObject): boolean =>
  byType(config) !== undefined || valueOf(config, "rope_local_base_freq") !== undefined;

/** @param defaultTheta - theta where the config states none for these layers */
export const readLocalRope = (config: ConfigObject, facts: RopeFacts, defaultTheta: number): DecoderRope => {
  const parameters = byType(config);
  const values = {
    partial_rotary_factor: valueOf(config, "partial_rotary_factor"),
    rope_interleave: valueOf(config, "rope_interleave"),
    ...(parameters && { rope_parameters: parameters.values }),
  };
  const theta = optionalNumber(config, "rope_local_base_freq", { above: 1 });
  const own = { ropeOf: "sliding_attention", defaultTheta: theta ?? defaultTheta } as const;
  const rope = readRope({ ...config, values }, { ...facts, ...own });
  check(
    theta === undefined || theta === rope.theta,
    `${placeOf(config, "rope_local_base_freq")} must be the ${nameIn(config, "rope_theta")} of sliding_attention, ${rope.theta}`,
    theta,
  );
  return rope;
};
