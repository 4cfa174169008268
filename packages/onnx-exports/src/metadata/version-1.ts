/**
 * Reads records of version 1 as the version of today. They had another form of the extension: null in place of absent parts, and the
 * mapping's name beside the mapping.
 */
import { check } from "@ropewalk/check";
import type { ExtensionRecord } from "@ropewalk/context-extension";
import { checkObject, where } from "./value-checks.ts";

type Extension = {
  /** The mapping's name. */
  readonly positions: string | null;
  /** null for a custom mapping. */
  readonly mapping?: ExtensionRecord["positions"] | null;
  readonly rope: ExtensionRecord["rope"] | null;
  readonly entropy: ExtensionRecord["entropy"] | null;
};

const recordIn = ({ mapping, rope, entropy }: Extension): ExtensionRecord => ({
  ...(mapping !== null && mapping !== undefined && { positions: mapping }),
  ...(rope !== null && rope !== undefined && { rope }),
  ...(entropy !== null && entropy !== undefined && { entropy }),
});

/**
 * The record in the form of today. Any other value stays as it is.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const fromVersion1 = (record: unknown): unknown => {
  if (typeof record !== "object" || record === null || !("version" in record) || record.version !== 1) return record;
  const { extension } = record as unknown as { readonly extension: Extension };
  checkObject<Extension>("extension", extension, { positions: true, mapping: true, rope: true, entropy: true });
  const { positions } = extension;
  check(
    positions === null || typeof positions === "string",
    `${where}: extension.positions must be a name or null`,
    positions,
    "string",
  );
  const today = recordIn(extension);
  return {
    ...record,
    version: 2,
    extension: today,
    ...(positions !== null && today.positions === undefined && { customMapping: positions }),
  };
};
