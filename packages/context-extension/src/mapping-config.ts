/** Mappings that keep the scheme from which they were made, so that they can be written to a file and made again. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { positionKinds, positionMapping, type PositionScheme } from "@ropewalk/position-mapping/scheme";

/** A scheme that is plain data, without functions. */
export type MappingConfig = Exclude<PositionScheme, { readonly kind: "custom" }>;

/** A mapping with the scheme from which it was made; a custom mapping has none. */
export type ConfiguredMapping = PositionMapping & { readonly config?: MappingConfig };

/** The kinds of mappings that a file can name. */
export const mappingKinds: readonly MappingConfig["kind"][] = positionKinds.filter((kind) => kind !== "custom");

const isData = (scheme: PositionScheme): scheme is MappingConfig => scheme.kind !== "custom";

/** The mapping of any scheme, with the scheme itself if it is plain data. */
export const schemeMapping = (scheme: PositionScheme): ConfiguredMapping => {
  const mapping = positionMapping(scheme);
  return isData(scheme) ? { ...mapping, config: scheme } : mapping;
};
