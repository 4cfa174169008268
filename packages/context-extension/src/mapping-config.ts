/** A mapping as plain data: what it was made of, kept with it, and made again of that. */
import { checkOneOf, show } from "@ropewalk/check";
import type { PositionMapping } from "@ropewalk/position-mapping";
import { positionKinds, positionMapping, type PositionScheme } from "@ropewalk/position-mapping/scheme";

/** Numbers alone: functions are no data. */
export type MappingConfig = Exclude<PositionScheme, { readonly kind: "custom" }>;

/** A mapping that tells what it is made of; one of your own has functions alone. */
export type ConfiguredMapping = PositionMapping & { readonly config?: MappingConfig };

export const mappingKinds: readonly MappingConfig["kind"][] = positionKinds.filter((kind) => kind !== "custom");

const isData = (scheme: PositionScheme): scheme is MappingConfig => scheme.kind !== "custom";

/** The mapping of any scheme, with the scheme beside it where that is data. */
export const schemeMapping = (scheme: PositionScheme): ConfiguredMapping => {
  const mapping = positionMapping(scheme);
  return isData(scheme) ? { ...mapping, config: scheme } : mapping;
};

/**
 * @throws RangeError and TypeError as the mapping's own function, and RangeError when the kind is unknown, as a file may have it
 */
export const mappingOf = (config: MappingConfig): ConfiguredMapping => {
  if (typeof config !== "object" || config === null)
    throw new TypeError(`mappingOf: config must be an object with a kind, got ${show(config)}`);
  checkOneOf("mappingOf", "config.kind", config.kind, mappingKinds);
  return schemeMapping(config);
};
