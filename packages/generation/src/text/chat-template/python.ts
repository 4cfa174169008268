/** What Python does, in which templates are tried by those who write them, where Jinja's library does something else in silence. */
import { isContainer, isText, type Value } from "./values.ts";

const ends: Readonly<Record<string, readonly [start: boolean, end: boolean]>> = {
  strip: [true, true],
  lstrip: [true, false],
  rstrip: [false, true],
};

/** A text without the given characters at its ends; undefined where no such method is called, or without characters. */
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
 * Refuses what the library writes in JavaScript's way. Python's `+` takes two texts, and no other kind beside one; `~` writes
 * an object as Python shows it, which JavaScript does not.
 *
 * @throws RangeError where Python throws, or writes something else
 */
export const checkJoined = (operator: string, left: Value, right: Value): void => {
  const both = [left, right];
  const got = both.map(kindOf).join(" and ");
  if (operator === "+" && both.some(isText) && !both.every(isText))
    throw new RangeError(`what + joins must be two texts, got ${got}`);
  if (operator === "~" && both.some(({ value }) => value instanceof Map))
    throw new RangeError(`what ~ joins must be no objects, which tojson makes texts of, got ${got}`);
};
