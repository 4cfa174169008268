/** Which layers rotate their queries and keys, where a config lists them. */
import { check } from "@ropewalk/check";
import { placeOf, valueOf, type ConfigObject } from "./config-object.ts";
import { layersOf } from "./layer-types.ts";

/**
 * For each layer, whether it rotates by no_rope_layers, where in spite of the key's name a 1 means that it does; undefined where the key is
 * absent.
 *
 * @throws RangeError and TypeError when it is no list of 0 and 1, or has another length than the number of layers
 */
export const readRotates = (config: ConfigObject): readonly boolean[] | undefined => {
  const stated = valueOf(config, "no_rope_layers");
  if (stated === undefined) return undefined;
  const isList = Array.isArray(stated) && stated.every((value) => value === 0 || value === 1);
  check(isList, `${placeOf(config, "no_rope_layers")} must be a list of 0 and 1`, stated, "object");
  const numLayers = layersOf(config).length;
  check(
    stated.length === numLayers,
    `${placeOf(config, "no_rope_layers")} must have one number for each of ${numLayers} layers`,
    stated.length,
  );
  return stated.map((value) => value === 1);
};
