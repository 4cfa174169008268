/**
 * JSON whose parsed form is bounded before there is one. A parser makes a value of a few bytes: 100 MB of brackets are
 * gigabytes of arrays. Here depth and values are counted in the bytes first, without allocating anything.
 */
import { check } from "@ropewalk/check";

export type JsonBounds = {
  /** How deep objects and lists may lie in one another. */
  readonly depth: number;
  /** How many keys objects may have, all together: a key costs most. */
  readonly keys: number;
  /** How many objects, lists, and values in them there may be, about. */
  readonly values: number;
};

/** In bytes. Values may be texts of any length; a key is kept apart from the text that it stands in. */
const longestKey = 4096;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where the text that begins with a quote at `from` ends, its closing quote included; the end where there is none. */
const endOfText = (bytes: Uint8Array, from: number): number => {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
};

/**
 * @param at - what errors begin with: who reads, and what
 * @throws RangeError when it is deeper, or has more keys or values or a longer key than may be
 */
const checkBounds = (at: string, bounds: JsonBounds, bytes: Uint8Array): void => {
  let [depth, keys, values] = [0, 0, 0];
  let textFrom = 0;
  for (let byte = 0; byte < bytes.length; byte++) {
    const character = bytes[byte];
    if (character === quote) {
      textFrom = byte;
      byte = endOfText(bytes, byte) - 1;
    } else if (character === openList || character === openObject) {
      values++;
      if (++depth > bounds.depth) check(false, `${at} must be at most ${bounds.depth} levels deep`, depth);
    } else if (character === closeList || character === closeObject) depth--;
    else if (character === comma) values++;
    else if (character === colon) {
      if (++keys > bounds.keys) check(false, `${at} must have at most ${bounds.keys} keys`, keys);
      if (byte - textFrom > longestKey)
        check(false, `${at} must have no key longer than ${longestKey} bytes`, byte - textFrom);
    }
    if (values > bounds.values) check(false, `${at} must have at most ${bounds.values} values`, values);
  }
};

/** A value that JSON text in UTF-8 parses to, or why it does not. */
export type Parsed =
  | { readonly kind: "value"; readonly text: string; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

/** @throws RangeError when it is out of bounds */
export const parseBounded = (at: string, bounds: JsonBounds, bytes: Uint8Array): Parsed => {
  checkBounds(at, bounds, bytes);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "value", text, value: JSON.parse(text) };
  } catch (error) {
    return { kind: "error", error };
  }
};
