/** Rules for values of tokenizer.json. A rule checks one value; its error names the place, the rule and the value. */
import { check } from "@ropewalk/check";
import { unsafeRegex } from "./unsafe-regex.ts";

/** @param at - the place of the value, with which errors begin */
export type Rule = (value: unknown, at: string) => void;
export type Fields = Readonly<Record<string, unknown>>;

/** How many characters a text may have: contents, prefixes, and patterns that are plain text. */
const longestText = 256;
/** Ids must be below this, so that a table by id has a limited size. */
export const mostIds: number = 1 << 22;

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const anObject: (value: unknown, at: string) => asserts value is Fields = (value, at) =>
  check(isObject(value), `${at} must be an object`, value, "object");

export const text: Rule = (value, at) => check(typeof value === "string", `${at} must be text`, value, "string");

export const shortText: Rule = (value, at) => {
  text(value, at);
  const { length } = value as string;
  check(length <= longestText, `${at} must be text of at most ${longestText} characters`, value);
};

export const flag: Rule = (value, at) =>
  check(typeof value === "boolean", `${at} must be true or false`, value, "boolean");

export const integer =
  (least: number, most: number): Rule =>
  (value, at) => {
    const holds = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
    check(holds, `${at} must be an integer from ${least} to ${most}`, value, "number");
  };

/** Allows a value to be absent or null, which stand for the default. */
export const optional =
  (rule: Rule): Rule =>
  (value, at) => {
    if (value !== undefined && value !== null) rule(value, at);
  };

export const oneOf =
  (...known: readonly (string | boolean)[]): Rule =>
  (value, at) =>
    check((known as readonly unknown[]).includes(value), `${at} must be ${known.join(" or ")}`, value);

export const list =
  (rule: Rule, most: number): Rule =>
  (value, at) => {
    check(Array.isArray(value), `${at} must be a list`, value, "object");
    check(value.length <= most, `${at} must be a list of at most ${most}`, value.length);
    for (const [index, one] of value.entries()) rule(one, `${at}[${index}]`);
  };

export const fields =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value, at) => {
    anObject(value, at);
    for (const [key, rule] of Object.entries(rules)) rule(value[key], `${at}.${key}`);
  };

/** `{ String }` or `{ Regex }`. A regex must end in reasonable time. */
export const pattern: Rule = (value, at) => {
  anObject(value, at);
  const { String: plain, Regex: regex } = value;
  check(plain !== undefined || regex !== undefined, `${at} must have String or Regex`, value);
  if (regex === undefined) return shortText(plain, `${at}.String`);
  text(regex, `${at}.Regex`);
  const rule = unsafeRegex(regex as string);
  check(rule === undefined, `${at}.Regex must be ${rule}`, regex);
};
