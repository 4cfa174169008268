/**
 * Ends a text at a stop string. As soon as one stop string is complete, the text ends before its beginning; where several are complete at the
 * same place, before the longest. Until then only the end of the text that may be the beginning of a stop string is held back.
 */
import { check, show, showName, type Rule } from "@ropewalk/check";
import type { TextCodec } from "./text-codec.ts";

export type Cut = {
  /** The text that is given out. */
  readonly text: string;
  /** The text that is held back: the longest end that may be the beginning of a stop string. */
  readonly held: string;
  /** The stop string that came. */
  readonly stop?: string;
};

const heldLength = (stops: readonly string[], text: string): number => {
  const longest = (stop: string): number => {
    let length = Math.min(stop.length - 1, text.length);
    while (length > 0 && !text.endsWith(stop.slice(0, length))) length -= 1;
    return length;
  };
  return Math.max(0, ...stops.map(longest));
};

/** Cuts a piece of text that follows the text held back so far. */
export const cutAtStop = (stops: readonly string[], held: string, piece: string): Cut => {
  const text = held + piece;
  const [first] = stops
    .map((stop) => ({ stop, from: text.indexOf(stop) }))
    .filter(({ from }) => from >= 0)
    .sort((a, b) => a.from + a.stop.length - (b.from + b.stop.length) || a.from - b.from);
  if (first !== undefined) return { text: text.slice(0, first.from), held: "", stop: first.stop };
  const end = text.length - heldLength(stops, text);
  return { text: text.slice(0, end), held: text.slice(end) };
};

/** The rule for a list of stop strings. */
export const areStopStrings: Rule = (where, name, value) => {
  const hint = typeof value === "string" ? `; [${show(value)}] is meant?` : "";
  if (!Array.isArray(value) || !value.every((stop) => typeof stop === "string"))
    throw new TypeError(`${where}: ${name} must be a list of texts, got ${show(value)}${hint}`);
  const empty = value.indexOf("");
  check(empty < 0, `${where}: ${name}[${empty}] must have a character at least`, "");
};

/** What ends a run: texts, and the ids of those stop strings that are special tokens, since special tokens have no text. */
export type Stops = { readonly strings: readonly string[]; readonly tokens: readonly number[] };

/** Sorts stop strings into texts and tokens. @throws RangeError for a text that contains a special token, since such a text never comes */
export const stopsOf = ({ specialTokens }: TextCodec, stopStrings: readonly string[]): Stops => {
  const tokens = stopStrings.flatMap((stop) => specialTokens?.get(stop) ?? []);
  const strings = stopStrings.filter((stop) => specialTokens?.has(stop) !== true);
  const [content, inside] = [...(specialTokens?.keys() ?? [])]
    .map((each) => [each, strings.find((stop) => stop.includes(each))] as const)
    .find(([, stop]) => stop !== undefined) ?? ["", undefined];
  check(
    inside === undefined,
    `generate: stopStrings must have no special token beside text, as ${showName(content)}, which has no text`,
    inside,
  );
  return { strings, tokens };
};
