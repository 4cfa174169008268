/** An extension as plain data, so that a file can say which one it has. */
import { checkKeys } from "@ropewalk/check";
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import type { RopeScaling } from "@ropewalk/rope";
import { checkExtension } from "./check-extension.ts";
import type { ContextExtension } from "./extension.ts";
import { mappingOf, type MappingConfig } from "./mapping-config.ts";

export type ExtensionRecord = {
  readonly positions?: MappingConfig;
  readonly rope?: RopeScaling;
  readonly entropy?: EntropyScaling;
};

/** @throws RangeError when the positions are a mapping of one's own, whose functions no data can tell */
export const recordOf = (extension: ContextExtension): ExtensionRecord => {
  checkExtension("recordOf", extension);
  const { positions, rope, entropy } = extension;
  if (positions !== undefined && positions.config === undefined)
    throw new RangeError(`recordOf: positions must be a mapping with a config, got ${positions.name} without`);
  return {
    ...(positions?.config && { positions: positions.config }),
    ...(rope && { rope }),
    ...(entropy && { entropy }),
  };
};

/** @throws RangeError and TypeError when the mapping or a key is unknown or its numbers do not fit */
export const extensionOf = (record: ExtensionRecord): ContextExtension => {
  const { positions, ...rest } = checkKeys("extensionOf", "record", record, {
    ...{ positions: true, rope: true, entropy: true },
  });
  return { ...rest, ...(positions && { positions: mappingOf(positions) }) };
};
