/**
 * Reads an extension's record from a file: a config.json, the metadata of a graph, a report of the command line. Anybody may have
 * written the file, so every key and every number is checked. Scalings and mappings check their own numbers, which are not listed here.
 */
import { checkKeys, checkOneOf, show } from "@ropewalk/check";
import { entropyKinds, queryScale } from "@ropewalk/entropy-scaling";
import { ropeKinds, type RopeScaling } from "@ropewalk/rope";
import type { ContextExtension } from "./extension.ts";
import type { ExtensionRecord } from "./extension-record.ts";
import { mappingKinds, schemeMapping } from "./mapping-config.ts";
import { tryScaling } from "./try-scaling.ts";

/** Whether a kind can stand in a file: the kind `custom` has functions. */
const isData = (kind: string): boolean => kind !== "custom";

const ropes = ropeKinds.filter(isData);

const entropies = entropyKinds.filter(isData);

type Tagged = { readonly kind: string };

/** Checks the kind, then calls `read`, which checks the numbers. Errors name the place in the file. */
const stated = <Result>(
  where: string,
  name: string,
  value: Tagged,
  kinds: readonly string[],
  read: () => Result,
): Result => {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${where}: ${name} must be an object with a kind, got ${show(value)}`);
  checkOneOf(where, `${name}.kind`, value.kind, kinds);
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const Class = error instanceof TypeError ? TypeError : RangeError;
    throw new Class(`${where}: ${name} must be one that \`inspect --json\` prints, got ${error.message}`, {
      cause: error,
    });
  }
};

/**
 * A rope scaling from a file.
 *
 * @param rotaryDim - of the model, if it is known: the lengths of LongRoPE's lists depend on it
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRopeScaling = (where: string, name: string, scaling: RopeScaling, rotaryDim?: number): RopeScaling =>
  stated(where, name, scaling, ropes, () => {
    tryScaling(scaling, rotaryDim);
    return scaling;
  });

/**
 * The extension of a record.
 *
 * @param where - the function and the file, for errors
 * @param name - the record's name in the file
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRecord = (where: string, name: string, record: ExtensionRecord): ContextExtension => {
  const { positions, rope, entropy } = checkKeys(where, name, record, { positions: true, rope: true, entropy: true });
  return {
    ...(positions !== undefined && {
      positions: stated(where, `${name}.positions`, positions, mappingKinds, () => schemeMapping(positions)),
    }),
    ...(rope !== undefined && { rope: readRopeScaling(where, `${name}.rope`, rope) }),
    ...(entropy !== undefined && {
      entropy: stated(where, `${name}.entropy`, entropy, entropies, () => {
        queryScale(entropy, { layer: 0, position: 0 });
        return entropy;
      }),
    }),
  };
};

/** The extension of a record that did not come from a file, as {@link readRecord} gives it. */
export const extensionOf = (record: ExtensionRecord): ContextExtension => readRecord("extensionOf", "record", record);
