/** An extension as plain data, so that a file can say which one it has. */
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import type { RopeScaling } from "@ropewalk/rope";
import type { ContextExtension } from "./extension.ts";
import { mappingOf, type MappingConfig } from "./mapping-config.ts";

export type ExtensionRecord = {
  readonly positions?: MappingConfig;
  readonly rope?: RopeScaling;
  readonly entropy?: EntropyScaling;
};

/** @throws RangeError when the positions are a mapping of one's own, whose functions no data can tell */
export const recordOf = ({ positions, rope, entropy }: ContextExtension): ExtensionRecord => {
  if (positions !== undefined && positions.config === undefined)
    throw new RangeError(`recordOf: positions must be a mapping with a config, got ${positions.name} without`);
  return {
    ...(positions?.config && { positions: positions.config }),
    ...(rope && { rope }),
    ...(entropy && { entropy }),
  };
};

/** @throws RangeError and TypeError when the mapping is unknown or its numbers do not fit */
export const extensionOf = ({ positions, ...rest }: ExtensionRecord): ContextExtension => ({
  ...rest,
  ...(positions && { positions: mappingOf(positions) }),
});
