/**
 * The end of a text at a stop string. The text ends where the first of them is complete, before its beginning; of several that are complete
 * there, before the longest. Until then, what may be the beginning of one is held back, and nothing else.
 */
import { check, show, showName, type Rule } from "@ropewalk/check";
import type { TextCodec } from "./text-codec.ts";

export type Cut = {
  /** What is given out. */
  readonly text: string;
  /** What may be the beginning of a stop string: the longest end of the text that is. */
  readonly held: string;
  /** The one that came. */
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

/** A piece of text behind what was held back. */
export const cutAtStop = (stops: readonly string[], held: string, piece: string): Cut => {
  const text = held + piece;
  const [first] = stops
    .map((stop) => ({ stop, from: text.indexOf(stop) }))
    .filter(({ from }) => from >= 0)
    .sort((a, b) => a.from + a.stop.length - (b.from + b.stop.length) || a.from - b.from);
  if (first !== undefined) return { text: text.slice(0, first.from), held: "", stop: first.stop };
  const given = text.length - heldLength(stops, text);
  return { text: text.slice(0, given), held: text.slice(given) };
};

/** Rule of a list of texts. */
export const areStopStrings: Rule = (where, name, value) => {
  const hint = typeof value === "string" ? `; [${show(value)}] is meant?` : "";
  if (!Array.isArray(value) || !value.every((stop) => typeof stop === "string"))
    throw new TypeError(`${where}: ${name} must be a list of texts, got ${show(value)}${hint}`);
  const empty = value.indexOf("");
  check(empty < 0, `${where}: ${name}[${empty}] must have a character at least`, "");
};

/** What ends a run: texts, and the tokens that stand for those which are special tokens, for these have no text. */
export type Stops = { readonly strings: readonly string[]; readonly tokens: readonly number[] };

/** @throws RangeError for a text with a special token in it, which never comes */
export const stopsOf = ({ specialTokens }: TextCodec, given: readonly string[]): Stops => {
  const tokens = given.flatMap((stop) => specialTokens?.get(stop) ?? []);
  const strings = given.filter((stop) => specialTokens?.has(stop) !== true);
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
