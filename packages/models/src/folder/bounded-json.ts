/**
 * JSON that is bounded before it is parsed. A parser makes an object of a few bytes: 100 MB of brackets become gigabytes of arrays. So
 * depth, keys and values are counted in the bytes first, which allocates nothing.
 */
import { check } from "@ropewalk/check";

export type JsonBounds = {
  /** How many objects and lists may be nested. */
  readonly depth: number;
  /** How many keys all objects together may have: a key costs most. */
  readonly keys: number;
  /** About how many objects, lists, and values in them there may be. */
  readonly values: number;
};

/** In bytes. A parser keeps each key as a string of its own; a value may be a text of any length. */
const longestKey = 4096;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The index behind the closing quote of the text that begins with a quote at `from`; without a closing quote, the end. */
const endOfText = (bytes: Uint8Array, from: number): number => {
  let at = from + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
};

/**
 * @param at - what errors begin with: the function and the file
 * @throws RangeError when the JSON is deeper, has more keys or values, or a longer key than the bounds allow
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
      depth++;
      if (depth > bounds.depth) check(false, `${at} must be at most ${bounds.depth} levels deep`, depth);
    } else if (character === closeList || character === closeObject) depth--;
    else if (character === comma) values++;
    else if (character === colon) {
      keys++;
      if (keys > bounds.keys) check(false, `${at} must have at most ${bounds.keys} keys`, keys);
      if (byte - textFrom > longestKey)
        check(false, `${at} must have no key longer than ${longestKey} bytes`, byte - textFrom);
    }
    if (values > bounds.values) check(false, `${at} must have at most ${bounds.values} values`, values);
  }
};

/** The value of a JSON text in UTF-8, or why it cannot be parsed. */
export type Parsed =
  | { readonly kind: "value"; readonly text: string; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

/**
 * Parses JSON within bounds.
 *
 * @throws RangeError when it is out of bounds
 */
export const parseBounded = (at: string, bounds: JsonBounds, bytes: Uint8Array): Parsed => {
  checkBounds(at, bounds, bytes);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "value", text, value: JSON.parse(text) };
  } catch (error) {
    return { kind: "error", error };
  }
};
