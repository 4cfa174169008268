/**
 * An object of a config file, read key by key. A key that is null counts as absent. An absent key has the default of the call, or is refused
 * where the call has none. Each error names the key, the rule and the value.
 */
import { check } from "@ropewalk/check";

/** What errors call a config that was made of a file of another kind, so that they name what that file has. */
export type ConfigNames = {
  /** What errors begin with: the function and the file. */
  readonly at: string;
  /** The file's name of a key. */
  readonly nameOf: (key: string) => string;
};

export type ConfigObject = {
  /** What errors begin with: the function and the file. */
  readonly at: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Absent: keys have their own names. */
  readonly nameOf?: ConfigNames["nameOf"];
};

/** @param names - of a config that was made of another file; then `at` counts for nothing */
export const configObject = (at: string, value: unknown, names?: ConfigNames): ConfigObject => {
  const begins = names?.at ?? at;
  check(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${begins} must be an object`,
    value,
    "object",
  );
  const values = value as Readonly<Record<string, unknown>>;
  return { at: begins, values, ...(names && { nameOf: names.nameOf }) };
};

/** A key's name in errors. */
export const nameIn = ({ nameOf }: ConfigObject, key: string): string => nameOf?.(key) ?? key;

/** What errors about a key begin with. */
export const placeOf = (config: ConfigObject, key: string): string => `${config.at}: ${nameIn(config, key)}`;

/** Whether a key is there, also as null. */
export const states = ({ values }: ConfigObject, key: string): boolean => Object.hasOwn(values, key);

/** The value of a key; undefined when it is absent or null. */
export const valueOf = ({ values }: ConfigObject, key: string): unknown =>
  Object.hasOwn(values, key) ? (values[key] ?? undefined) : undefined;

/** The object under a key; undefined when it is absent or null. */
export const objectOf = (config: ConfigObject, key: string): ConfigObject | undefined => {
  const value = valueOf(config, key);
  if (value === undefined) return undefined;
  const { at, nameOf } = config;
  // Another file's keys lie in no objects.
  return configObject(`${at}: ${key}`, value, nameOf && { at, nameOf });
};

const isPositiveInteger = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** An integer above 0, and at most `most`; undefined when it is absent or null. */
export const optionalPositiveInteger = (
  config: ConfigObject,
  key: string,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined => {
  const value = valueOf(config, key);
  if (value === undefined) return undefined;
  check(
    isPositiveInteger(value) && value <= most,
    `${placeOf(config, key)} must be an integer from 1 to ${most}`,
    value,
    "number",
  );
  return value;
};

/** An integer above 0, and at most `most`. */
export const positiveInteger = (config: ConfigObject, key: string, most?: number): number => {
  const value = optionalPositiveInteger(config, key, most);
  check(value !== undefined, `${placeOf(config, key)} must be a positive integer`, value, "number");
  return value;
};

/** An integer of at least 0; undefined when it is absent or null. */
export const optionalCount = (config: ConfigObject, key: string): number | undefined => {
  const value = valueOf(config, key);
  if (value === undefined) return undefined;
  const isCount = value === 0 || isPositiveInteger(value);
  check(isCount, `${placeOf(config, key)} must be an integer of at least 0`, value, "number");
  return value as number;
};

/** A number must be above the bound, or with `orEqual` at least the bound. */
export type LowerBound = { readonly above: number; readonly orEqual?: boolean };

/** A finite number within the bound; undefined when it is absent or null. */
export const optionalNumber = (
  config: ConfigObject,
  key: string,
  { above, orEqual = false }: LowerBound,
): number | undefined => {
  const value = valueOf(config, key);
  if (value === undefined) return undefined;
  check(
    typeof value === "number" && Number.isFinite(value) && (value > above || (orEqual && value === above)),
    `${placeOf(config, key)} must be a finite number ${orEqual ? "of at least" : "above"} ${above}`,
    value,
    "number",
  );
  return value;
};

/** A finite number within the bound. */
export const number = (config: ConfigObject, key: string, bound: LowerBound): number => {
  const value = optionalNumber(config, key, bound);
  check(value !== undefined, `${placeOf(config, key)} must be a number`, value, "number");
  return value;
};

/** Text; undefined when it is absent or null. */
export const optionalText = (config: ConfigObject, key: string): string | undefined => {
  const value = valueOf(config, key);
  check(value === undefined || typeof value === "string", `${placeOf(config, key)} must be text`, value, "string");
  return value;
};

/** true or false; undefined when it is absent or null. */
export const optionalFlag = (config: ConfigObject, key: string): boolean | undefined => {
  const value = valueOf(config, key);
  check(
    value === undefined || typeof value === "boolean",
    `${placeOf(config, key)} must be true or false`,
    value,
    "boolean",
  );
  return value;
};
