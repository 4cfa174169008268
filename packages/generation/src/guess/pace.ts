/**
 * How long the next guess is, by how the last ones went. Of g tokens guessed of which r were right, at most m:
 *
 *   r = g       2 g, at most m
 *   0 < r < g   r + 1
 *   r = 0       1, behind 1, 2, 4 … 64 steps without a guess, twice as many each time in a row
 *
 * A guess costs a part of a step even where it is wrong: where guesses never pay, one in 65 steps is all that is left of them.
 */

export type Pace = {
  /** Tokens to be guessed. */
  readonly length: number;
  /** Steps without a guess that are left. */
  readonly rest: number;
  /** How many steps the last rest had. */
  readonly rested: number;
};

const longestRest = 64;

export const startPace = (most: number): Pace => ({ length: most, rest: 0, rested: 0 });

/** Behind a step without a guess. */
export const afterStep = (pace: Pace): Pace => (pace.rest === 0 ? pace : { ...pace, rest: pace.rest - 1 });

/** Behind a guess of `guessed` tokens of which `right` were right. */
export const afterGuess = (most: number, { rested }: Pace, guessed: number, right: number): Pace => {
  if (right > 0) return { length: Math.min(most, right === guessed ? 2 * guessed : right + 1), rest: 0, rested: 0 };
  const rest = Math.min(longestRest, Math.max(1, 2 * rested));
  return { length: 1, rest, rested: rest };
};
