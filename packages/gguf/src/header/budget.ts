/**
 * How much a header may make of its bytes. A list of nothing but zeros takes few bytes and much memory, so that each count is taken from one
 * budget before anything of it is made.
 *
 * The largest vocabularies have 300,000 tokens, each with a score and a type, and 500,000 merges: half of the budget.
 */
import { check } from "@ropewalk/check";

/** What a header counts. */
export type Counted = {
  /** The least bytes that one takes in the file. */
  readonly bytes: number;
  /** How many elements of the budget one takes: as many as numbers of a list fill about the same memory. */
  readonly elements: number;
};

const mostElements = 2 ** 22;

/** Takes `count` from the budget. @throws RangeError when not so much is left */
export type Spend = (what: string, count: number, counted: Counted) => void;

/** @param at - what errors begin with: the function and the file */
export const budgetOf = (at: string): Spend => {
  let left = mostElements;
  return (what, count, { elements }) => {
    const cost = count * elements;
    if (cost > left) {
      const rule = `each of which counts as ${elements} of the ${mostElements} elements that a header may have`;
      check(false, `${at}: ${what} must be at most ${Math.floor(left / elements)}, ${rule}`, count);
    }
    left -= cost;
  };
};
