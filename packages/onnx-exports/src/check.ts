/**
 * Errors of what is read and rewritten. The public functions share what stands behind them, so a problem is thrown without a
 * name, and the function that was called puts its own in front.
 */
const problem = Symbol("problem");

/** Refuses what was given; the words name the node or the argument, the rule and what was got. */
export const refuse = (words: string): never => {
  throw new RangeError(words, { cause: problem });
};

/** Refuses with `<rule>, got <got>` when the rule does not hold. */
export const check: (holds: boolean, rule: string, got: unknown) => asserts holds = (holds, rule, got) => {
  if (!holds) refuse(`${rule}, got ${String(got)}`);
};

/** Throws an error on: a problem under the name of the function that was called, any other as it is. */
export const throwAs = (name: string, error: unknown): never => {
  if (error instanceof RangeError && error.cause === problem) throw new RangeError(`${name}: ${error.message}`);
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
