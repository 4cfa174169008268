/** Rules for the options of functions that fetch: a value of a wrong type is refused before anything is asked for. */
import { check, checkFunction, optional, show, type Rule } from "@ropewalk/check";

const text: Rule = (where, name, value) => {
  check(typeof value === "string", `${where}: ${name} must be text`, value, "string");
  check(value !== "", `${where}: ${name} must be text that is not empty`, value);
};

export const optionalText: Rule = optional(text);

export const optionalFunction: Rule = optional(checkFunction);

export const optionalSignal: Rule = optional((where, name, value) => {
  if (typeof (value as AbortSignal | null)?.throwIfAborted !== "function")
    throw new TypeError(`${where}: ${name} must be an AbortSignal, got ${show(value)}`);
});
