/** Where Jinja's JavaScript library silently differs from Python, in which authors test their templates: does what Python does, or refuses. */
import { isContainer, isText, type Value } from "./values.ts";

const ends: Readonly<Record<string, readonly [start: boolean, end: boolean]>> = {
  strip: [true, true],
  lstrip: [true, false],
  rstrip: [false, true],
};

/** The text without the given characters at its ends. Undefined for other methods, and where no characters are given. */
export const stripped = (method: string, { value: text }: Value, args: readonly Value[]): string | undefined => {
  const [start, end] = Object.hasOwn(ends, method) ? ends[method]! : [false, false];
  const given: unknown = args[0]?.value;
  if (!(start || end) || typeof text !== "string" || typeof given !== "string") return undefined;
  const characters = new Set(given);
  const all = [...text];
  let [from, to] = [0, all.length];
  if (start) while (from < to && characters.has(all[from]!)) from += 1;
  if (end) while (to > from && characters.has(all[to - 1]!)) to -= 1;
  return all.slice(from, to).join("");
};

const kindOf = (operand: Value): string => {
  if (isText(operand)) return "a text";
  if (isContainer(operand)) return Array.isArray(operand.value) ? "a list" : "an object";
  if (operand.value === undefined || operand.value === null) return "nothing";
  return typeof operand.value === "number" ? "a number" : String(operand.value);
};

/**
 * Refuses to join values that the library would write in JavaScript's way. Python's `+` joins a text only with a text. Python's `~` writes an
 * object as Python shows it, which JavaScript cannot.
 *
 * @throws RangeError where Python throws, or writes another text
 */
export const checkJoined = (operator: string, left: Value, right: Value): void => {
  const both = [left, right];
  const got = both.map(kindOf).join(" and ");
  if (operator === "+" && both.some(isText) && !both.every(isText))
    throw new RangeError(`what + joins must be two texts, got ${got}`);
  if (operator === "~" && both.some(({ value }) => value instanceof Map))
    throw new RangeError(`what ~ joins must be no objects, which tojson makes texts of, got ${got}`);
};
