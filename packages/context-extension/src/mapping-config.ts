/** A mapping as plain data: what it was made of, kept with it, and made again of that. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { positionKinds, positionMapping, type PositionScheme } from "@ropewalk/position-mapping/scheme";

/** Numbers alone: functions are no data. */
export type MappingConfig = Exclude<PositionScheme, { readonly kind: "custom" }>;

/** A mapping that tells what it is made of; one of your own has functions alone. */
export type ConfiguredMapping = PositionMapping & { readonly config?: MappingConfig };

/** Those that a file can name. */
export const mappingKinds: readonly MappingConfig["kind"][] = positionKinds.filter((kind) => kind !== "custom");

const isData = (scheme: PositionScheme): scheme is MappingConfig => scheme.kind !== "custom";

/** The mapping of any scheme, with the scheme beside it where that is data. */
export const schemeMapping = (scheme: PositionScheme): ConfiguredMapping => {
  const mapping = positionMapping(scheme);
  return isData(scheme) ? { ...mapping, config: scheme } : mapping;
};
