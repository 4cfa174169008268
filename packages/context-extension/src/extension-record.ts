/** An extension as plain data, so that a file can say which one it has. */
import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import type { RopeScaling } from "@ropewalk/rope";
import { checkExtension } from "./check-extension.ts";
import type { ContextExtension } from "./extension.ts";
import type { MappingConfig } from "./mapping-config.ts";

export type ExtensionRecord = {
  readonly positions?: MappingConfig;
  readonly rope?: RopeScaling;
  readonly entropy?: EntropyScaling;
};

/** Scalings of one's own are functions. */
const checkData = (field: string, scaling: { readonly kind: string } | undefined): void => {
  if (scaling?.kind === "custom")
    throw new RangeError(
      `recordOf: ${field} must be numbers alone, which a file can hold, got one of kind custom, whose functions the module that made it has`,
    );
};

/** @throws RangeError when the positions or a scaling are one's own, whose functions no data can tell */
export const recordOf = (extension: ContextExtension): ExtensionRecord => {
  checkExtension("recordOf", extension);
  const { positions, rope, entropy } = extension;
  checkData("rope", rope);
  checkData("entropy", entropy);
  if (positions !== undefined && positions.config === undefined)
    throw new RangeError(
      `recordOf: positions must be a mapping with a config, got ${positions.name} without, whose functions the module that made it has`,
    );
  return {
    ...(positions?.config && { positions: positions.config }),
    ...(rope && { rope }),
    ...(entropy && { entropy }),
  };
};
