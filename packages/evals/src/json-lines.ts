/** Reads files of JSON lines, with one object a line, and files that are one list of objects. */
import { check, checkList, closest, show, showName } from "@ropewalk/check";

/** A file's text, with the name that it was asked for by. */
export type NamedText = { readonly name: string; readonly text: string };

/** A line's object, and its place in words, for messages. */
export type JsonLine = { readonly at: string; readonly value: Readonly<Record<string, unknown>> };

const objectOf = (where: string, at: string, value: unknown): JsonLine["value"] => {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) throw new TypeError(`${where}: ${at} must be an object, got ${show(value)}`);
  return value as JsonLine["value"];
};

const parsed = (where: string, at: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${where}: ${at} must be JSON, got ${show((error as Error).message)}`, { cause: error });
  }
};

const linesIn = (where: string, name: string, text: string): readonly JsonLine[] =>
  text.split("\n").flatMap((line, index): JsonLine[] => {
    if (line.trim() === "") return [];
    const at = `${name} line ${index + 1}`;
    return [{ at, value: objectOf(where, at, parsed(where, at, line)) }];
  });

/** The items of a file that is one list, as LongBench v2's is. */
const itemsIn = (where: string, name: string, text: string): readonly JsonLine[] =>
  (parsed(where, name, text) as readonly unknown[]).map((item, index) => {
    const at = `${name} item ${index + 1}`;
    return { at, value: objectOf(where, at, item) };
  });

/**
 * The objects of a file.
 *
 * @throws TypeError naming a line that is not a JSON object; RangeError when the file has no line
 */
export const jsonLines = (where: string, { name, text: read }: NamedText): readonly JsonLine[] => {
  const text = read.replace(/^\uFEFF/, "");
  const lines = (/^\s*\[/.test(text) ? itemsIn : linesIn)(where, showName(name), text);
  check(lines.length > 0, `${where}: ${showName(name)} must hold at least 1 line`, lines.length);
  return lines;
};

/**
 * A required field of a line.
 *
 * @throws TypeError that suggests the nearest key of the line
 */
const fieldOf = (where: string, { at, value }: JsonLine, key: string): unknown => {
  if (value[key] !== undefined) return value[key];
  const meant = closest(key, Object.keys(value));
  throw new TypeError(
    `${where}: ${at} must have ${show(key)}, got nothing${meant === undefined ? "" : `; it has ${show(meant)}`}`,
  );
};

/**
 * A required text of a line.
 *
 * @throws TypeError when the line has no such text
 */
export const textField = (where: string, line: JsonLine, key: string): string => {
  const text = fieldOf(where, line, key);
  check(typeof text === "string", `${where}: ${line.at}: ${key} must be text`, text, "string");
  return text as string;
};

/**
 * A required list of texts of a line.
 *
 * @throws TypeError when the line has no such list, RangeError when the list is empty
 */
export const textsField = (where: string, line: JsonLine, key: string): readonly string[] => {
  const texts = fieldOf(where, line, key);
  checkList(where, `${line.at}: ${key}`, texts);
  (texts as readonly unknown[]).forEach((text, index) =>
    check(typeof text === "string", `${where}: ${line.at}: ${key}[${index}] must be text`, text, "string"),
  );
  return texts as readonly string[];
};

/**
 * Finds misspelt optional keys. Lines may have other keys, which are ignored; so a misspelt key would be ignored in silence.
 *
 * @throws TypeError that names the known key
 */
export const checkOptional = (where: string, { at, value }: JsonLine, known: readonly string[]): void => {
  const absent = known.filter((key) => value[key] === undefined);
  for (const key of Object.keys(value)) {
    const meant = known.includes(key) ? undefined : closest(key, absent);
    if (meant !== undefined)
      throw new TypeError(
        `${where}: ${at} must have no key but those that are read, got ${show(key)}; ${meant} is meant?`,
      );
  }
};

/** The line's own id, or its place. */
export const idOf = (where: string, line: JsonLine): string => {
  const { _id = line.value["id"] } = line.value;
  if (_id === undefined || _id === null) return line.at;
  check(
    typeof _id === "string" || typeof _id === "number",
    `${where}: ${line.at}: _id must be text or a number`,
    _id,
    "string",
  );
  return String(_id);
};
