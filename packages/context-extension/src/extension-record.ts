/** An extension as plain data, for files. */
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

/** Checks that a scaling is plain data: a custom scaling has functions. */
const checkData = (field: string, scaling: { readonly kind: string } | undefined): void => {
  if (scaling?.kind === "custom")
    throw new RangeError(
      `recordOf: ${field} must be numbers alone, which a file can hold, got one of kind custom, whose functions the module that made it has`,
    );
};

/** The extension as plain data. @throws RangeError when its positions or a scaling are custom, and so have functions */
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
