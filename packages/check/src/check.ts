import { articled, show, tagOf, withoutControls } from "./show.ts";

type TypeName = "bigint" | "boolean" | "function" | "number" | "object" | "string";

/**
 * Throws `<rule>, got <got>` when the rule does not hold: a TypeError when `got` is not of the wanted `typeof`, a RangeError
 * otherwise. The rule begins with the names of the function and the argument. Control characters in it are escaped, so that it
 * may contain a name from a file.
 */
export const check: (holds: boolean, rule: string, got: unknown, wanted?: TypeName) => asserts holds = (
  holds,
  rule,
  got,
  wanted,
) => {
  if (holds) return;
  const wrongType = wanted !== undefined && typeof got !== wanted;
  // An error about 5n must not show a plain 5.
  const suffix = wrongType && typeof got === "bigint" ? "n" : "";
  throw new (wrongType ? TypeError : RangeError)(`${withoutControls(rule)}, got ${show(got)}${suffix}`);
};

/** Checks one number: a TypeError for any other type, a RangeError for a number that breaks the rule. */
export const checkNumber = (where: string, name: string, value: unknown, holds: boolean, rule: string): void => {
  check(typeof value === "number", `${where}: ${name} must be a number`, value, "number");
  check(holds, `${where}: ${name} must be ${rule}`, value);
};

/** Checks that a value is a finite number. */
export const checkFinite = (where: string, name: string, value: unknown): void =>
  checkNumber(where, name, value, Number.isFinite(value), "finite");

/** Checks that every element of an array is a finite number. */
export const checkAllFinite = (where: string, name: string, given: unknown): void => {
  const values = given as ArrayLike<number>;
  check(values?.length >= 0, `${where}: ${name} must be an array`, values, "object");
  for (let index = 0; index < values.length; index++)
    if (!Number.isFinite(values[index])) checkFinite(where, `${name}[${index}]`, values[index]);
};

/** Checks that a value is an integer of at least `least`, and of at most `most` where it is given. */
export const checkInteger = (where: string, name: string, value: unknown, least: number, most?: number): void => {
  const holds = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= (most ?? Infinity);
  checkNumber(
    where,
    name,
    value,
    holds,
    `an integer ${most === undefined ? `>= ${least}` : `from ${least} to ${most}`}`,
  );
};

/**
 * Checks that a value is an array of a type and, where it is given, of a length. The array may come from another window or worker.
 *
 * @param type - such as "Float32Array", or "Float32Array or Float64Array"
 */
export const checkArray = (where: string, name: string, value: unknown, type: string, length?: number): void => {
  if (!type.split(" or ").includes(tagOf(value)))
    throw new TypeError(`${where}: ${name} must be ${articled(type)}, got ${show(value)}`);
  const got = (value as ArrayLike<unknown>).length;
  check(length === undefined || got === length, `${where}: ${name}.length must be ${length}`, got);
};

/** Checks that a value is an array of at least one element. */
export const checkList = (where: string, name: string, list: unknown): void => {
  checkArray(where, name, list, "Array");
  const { length } = list as readonly unknown[];
  check(length > 0, `${where}: ${name} must hold at least 1`, length);
};

/** Checks that a value is a function. */
export const checkFunction = (where: string, name: string, value: unknown): void =>
  check(typeof value === "function", `${where}: ${name} must be a function`, value, "function");

/** Checks that a value is a path. A null character, which no system takes in one, is refused here and not by the system in other words. */
export const checkPath = (where: string, name: string, value: unknown): void => {
  check(typeof value === "string", `${where}: ${name} must be a path`, value, "string");
  check(!value.includes("\0"), `${where}: ${name} must be a path, without null characters`, value);
};
