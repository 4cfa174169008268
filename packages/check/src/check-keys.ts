import { check } from "./check.ts";
import { closest } from "./closest-name.ts";
import type { Rule } from "./value-rules.ts";
import { show } from "./show.ts";

/** Every key of a configuration's type. The compiler asks for each key, so that none is forgotten when the type grows. */
export type Keys<T> = { readonly [K in keyof Required<T>]: true | Rule };

/**
 * Checks that a configuration is an object, that all of its keys are known, and that its values keep their rules.
 *
 * @param keys - the keys of its type, each with `true` or with the rule for its value; a rule is also asked when its key is absent
 * @param meant - by a key that people often write by mistake: the key to write instead
 * @returns the value
 * @throws TypeError when it is no object or has an unknown key; the message suggests the key that was likely meant
 */
export const checkKeys = <T extends object>(
  where: string,
  name: string,
  value: T,
  keys: Keys<T>,
  meant: Readonly<Record<string, string>> = {},
): T => {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) throw new TypeError(`${where}: ${name} must be an object, got ${show(value)}`);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(keys, key)) continue;
    const known = Object.keys(keys);
    const instead = Object.hasOwn(meant, key) ? meant[key] : closest(key, known);
    const hint = instead === undefined ? "" : `; ${instead} is meant?`;
    throw new TypeError(`${where}: ${name} must have no keys but ${known.join(", ")}, got ${show(key)}${hint}`);
  }
  for (const key in keys) {
    const rule = keys[key];
    if (typeof rule === "function") rule(where, key, value[key]);
  }
  return value;
};

/** {@link checkKeys} for the configuration of a function, which is its first argument. */
export const checkConfig = <T extends object>(
  where: string,
  config: T,
  keys: Keys<T>,
  meant?: Readonly<Record<string, string>>,
): T => checkKeys(where, "config", config, keys, meant);

/**
 * Checks that a value is one of the known names.
 *
 * @throws RangeError that lists them, and TypeError when it is no text
 */
export const checkOneOf: <Name extends string>(
  where: string,
  name: string,
  value: unknown,
  known: readonly Name[],
) => asserts value is Name = (where, name, value, known) => {
  if ((known as readonly unknown[]).includes(value)) return;
  const hint = typeof value === "string" ? closest(value, known) : undefined;
  const list = known.join(", ");
  check(
    false,
    `${where}: ${name} must be ${known.length > 1 ? `one of ${list}` : list}${hint ? ` (${hint} is meant?)` : ""}`,
    value,
    "string",
  );
};
