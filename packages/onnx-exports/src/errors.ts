/**
 * Errors of what is read and rewritten. The public functions share what stands behind them, so a problem is thrown without a
 * name, and the function that was called puts its own in front. Names out of a file may be long, and may hold characters that
 * a terminal would obey.
 */
import { show, withoutControls } from "@ropewalk/check";

const problem = Symbol("problem");

type ErrorClass = typeof RangeError | typeof TypeError;

const longest = 2000;

const asProblem = (Class: ErrorClass, words: string): Error =>
  new Class(withoutControls(words.length > longest ? `${words.slice(0, longest)}…` : words), { cause: problem });

/** Refuses what was given; the words name the node or the argument, the rule and what was got. */
export const refuse = (words: string): never => {
  throw asProblem(RangeError, words);
};

/** Refuses with `<rule>, got <got>` when the rule does not hold; `got` is a value, or words that say what it is. */
export const check: (holds: boolean, rule: string, got: unknown) => asserts holds = (holds, rule, got) => {
  if (!holds) refuse(`${rule}, got ${typeof got === "string" ? got : show(got)}`);
};

/** Reads what others wrote: what its checks throw is a problem, of the same class. */
export const reading = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      throw asProblem(error instanceof TypeError ? TypeError : RangeError, error.message);
    throw error;
  }
};

/** Throws an error on: a problem under the name of the function that was called, any other as it is. */
export const throwAs = (name: string, error: unknown): never => {
  const Class = error instanceof TypeError ? TypeError : RangeError;
  if (error instanceof Error && error.cause === problem) throw new Class(`${name}: ${error.message}`);
  throw error;
};

/** Runs what may refuse, in the name of the function that was called. */
export const named = <T>(name: string, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    return throwAs(name, error);
  }
};
