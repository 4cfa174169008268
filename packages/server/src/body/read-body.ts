/** Checks a parsed body against its schema. An error names the field. */
import { show } from "@ropewalk/check";
import * as v from "valibot";
import { wireError } from "../wire/error.ts";
import { readFields } from "./refused-fields.ts";
import type { BodySchema } from "./schema.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A message without its empty fields: clients send earlier answers back with all of their fields. */
const withoutEmptyFields = (message: unknown): unknown =>
  isObject(message)
    ? Object.fromEntries(
        Object.entries(message).filter(
          ([name, value]) => value !== null && !(name !== "content" && Array.isArray(value) && value.length === 0),
        ),
      )
    : message;

const pathOf = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).reduce((path, { key }) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? show(key).slice(1, -1) : `${path}.${show(key).slice(1, -1)}`;
  }, "");

/** The rule that a value broke, in words. */
const ruleOf = ({ type, expected, ...issue }: v.BaseIssue<unknown>): string => {
  const requirement = (issue as { readonly requirement?: unknown }).requirement;
  switch (type) {
    case "min_value":
      return `at least ${String(requirement)}`;
    case "max_value":
      return `at most ${String(requirement)}`;
    case "integer":
    case "safe_integer":
      return "an integer";
    case "custom":
      return "token ids, at least one";
    case "max_length":
      return `at most ${String(requirement)} long`;
    case "regex":
      return "a token id";
    case "non_empty":
      return "not empty";
    default:
      return String(expected)
        .replace(/^Object$/, "an object")
        .replace(/^Array$/, "a list");
  }
};

const problemOf = (issue: v.BaseIssue<unknown>): { readonly param: string; readonly message: string } => {
  const param = pathOf(issue);
  if (issue.type === "strict_object" && issue.expected === "never")
    return { param, message: `${param} is not supported.` };
  if (issue.input === undefined) return { param, message: `${param} must be given.` };
  return { param, message: `${param} must be ${ruleOf(issue)}, got ${show(issue.input)}.` };
};

/**
 * The body as its schema has it.
 *
 * @throws WireError 400 that names the field, its rule and its value
 */
export const readBody = <Body>(json: unknown, { fields, schema }: BodySchema<Body>): Body => {
  if (!isObject(json)) throw wireError(400, `The body must be an object, got ${show(json)}.`);
  const { messages, ...others } = readFields(json, fields);
  const fullMessages = Array.isArray(messages) ? messages.map(withoutEmptyFields) : messages;
  const read = v.safeParse(
    schema,
    { ...others, ...(messages !== undefined && { messages: fullMessages }) },
    { abortEarly: true },
  );
  if (read.success) return read.output;
  const { param, message } = problemOf(read.issues[0]);
  throw wireError(400, message, { param, code: "invalid_value" });
};
