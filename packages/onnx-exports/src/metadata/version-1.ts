/**
 * The first version of a record had another form of the extension, with null for what was absent and the mapping's name beside the
 * mapping. It is read as the version of today.
 */
import { check } from "@ropewalk/check";
import type { ExtensionRecord } from "@ropewalk/context-extension";
import { checkObject, where } from "./value-checks.ts";

type Extension = {
  /** The mapping's name. */
  readonly positions: string | null;
  /** null for one of somebody's own. */
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
 * The record in the form of today; one of another version, and what is none, as it is.
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
