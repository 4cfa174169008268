/** Rules for the values of a configuration, which `checkKeys` takes beside their keys. */
import { check, checkInteger, checkNumber } from "./check.ts";
import { checkOneOf } from "./check-keys.ts";

/** Throws when the value breaks the rule. */
export type Rule = (where: string, name: string, value: unknown) => void;

/** A number for which `holds` is true; `rule` says the same in words. */
export const number =
  (rule: string, holds: (value: number) => boolean): Rule =>
  (where, name, value) =>
    checkNumber(where, name, value, holds(value as number), rule);

/** A finite number above a bound. */
export const above = (bound: number): Rule =>
  number(`finite and > ${bound}`, (value) => value > bound && value < Infinity);

/** A finite number of at least 1. */
export const atLeastOne: Rule = (where, name, value) =>
  checkNumber(where, name, value, Number.isFinite(value) && (value as number) >= 1, "finite and >= 1");

/** A number above 0 and at most 1. */
export const share: Rule = (where, name, value) =>
  checkNumber(where, name, value, (value as number) > 0 && (value as number) <= 1, "> 0 and <= 1");

/** A finite number above 0. */
export const aboveZero: Rule = above(0);

/** A number of at least 0, which may be Infinity. */
export const atLeastZero: Rule = (where, name, value) =>
  checkNumber(where, name, value, (value as number) >= 0, ">= 0");

/** An integer of at least 0. */
export const whole: Rule = (where, name, value) => checkInteger(where, name, value, 0);

/** An integer of at least 1. */
export const positive: Rule = (where, name, value) => checkInteger(where, name, value, 1);

/** Any number. */
export const anyNumber: Rule = (where, name, value) => checkNumber(where, name, value, true, "");

/** true or false. */
export const trueOrFalse: Rule = (where, name, value) =>
  check(value === true || value === false, `${where}: ${name} must be true or false`, value, "boolean");

/** A key of a table, or an element of a list. */
export const oneOf =
  (known: object): Rule =>
  (where, name, value) =>
    checkOneOf(where, name, value, Array.isArray(known) ? known : Object.keys(known));

/** The same rule, for a value that may be absent. */
export const optional =
  (rule: Rule): Rule =>
  (where, name, value) => {
    if (value !== undefined) rule(where, name, value);
  };
