/**
 * How much memory a header may take. A list of nothing but zeros takes few bytes of the file and much memory, so that what is counted is taken
 * from one budget before anything of it is made.
 *
 * The largest vocabularies have 300,000 tokens, each with a score and a type, and 500,000 merges: about 40 MB, of the 64 MB that are allowed.
 */
import { check } from "@ropewalk/check";

/** What a header counts. */
export type Counted = {
  /** The least bytes that one takes in the file. */
  readonly bytes: number;
  /** The bytes that one takes in memory. */
  readonly memory: number;
};

/**
 * The bytes that the letters of a text in UTF-8 take in memory: one each where all of them are of Latin-1, whose first byte is at most C3; else
 * two, and four above U+FFFF.
 */
export const lettersMemory = (text: Uint8Array): number => {
  let [letters, width] = [0, 1];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if ((byte & 0xc0) !== 0x80) letters += byte < 0xf0 ? 1 : 2;
    if (byte > 0xc3) width = 2;
  }
  return letters * width;
};

/** In bytes. */
const mostMemory = 2 ** 26;

/** Takes `count` from the budget, of which each has so many bytes. @throws RangeError when not so much is left */
export type Spend = (what: string, count: number, memory: number) => void;

/** @param at - what errors begin with: the function and the file */
export const budgetOf = (at: string): Spend => {
  let left = mostMemory;
  return (what, count, memory) => {
    const cost = count * memory;
    if (cost > left) {
      const each = memory === 1 ? "" : `, each of which counts as ${memory} bytes`;
      const rule = `in the ${mostMemory} bytes of memory that a header may take`;
      check(false, `${at}: ${what} must be at most ${Math.floor(left / memory)}${each}, ${rule}`, count);
    }
    left -= cost;
  };
};
