/** Rules for options that several functions take. */
import { checkFunction, checkNumber, optional, show, type Rule } from "@ropewalk/check";

const positiveInteger: Rule = (where, name, value) =>
  checkNumber(where, name, value, Number.isInteger(value) && (value as number) > 0, "a positive integer");

export const optionalPositive: Rule = optional(positiveInteger);

export const optionalFunction: Rule = optional(checkFunction);

export const optionalSignal: Rule = (where, name, value) => {
  if (value !== undefined && typeof (value as AbortSignal | null)?.throwIfAborted !== "function")
    throw new TypeError(`${where}: ${name} must be an AbortSignal, got ${show(value)}`);
};
