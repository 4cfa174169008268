/**
 * When to guess, and how many tokens, by how the last guesses went. A run of several tokens costs one to three steps, so that a guess has
 * paid where two of its tokens were right, or all. Of g tokens guessed of which r were right, at most m:
 *
 *   length   2 g where r = g, else r + 1; at least 4, at most m; 4 at first
 *   need     0 where it has paid, else twice as much, at least 1, at most 32
 *
 * The next guess is made when `need` tokens in a row were foreseen: the source says at each step what it would guess, and nothing is run
 * for that. Where asking costs something itself, as much as `need` steps go by instead.
 */

export type Pace = {
  /** Tokens to be guessed. */
  readonly length: number;
  readonly need: number;
  /** Tokens in a row that were foreseen, or steps that have gone by. */
  readonly streak: number;
};

const [shortest, mostNeeded] = [4, 32];

export const startPace = (most: number): Pace => ({ length: Math.min(most, shortest), need: 0, streak: 0 });

/** Whether it is time to guess. */
export const isTime = ({ need, streak }: Pace): boolean => streak >= need;

/** Behind a step without a guess: whether its token was foreseen; undefined where nobody was asked. */
export const afterStep = (pace: Pace, foreseen: boolean | undefined): Pace => ({
  ...pace,
  streak: foreseen === false ? 0 : pace.streak + 1,
});

/** Behind a guess of `guessed` tokens of which `right` were right. */
export const afterGuess = (most: number, { need }: Pace, guessed: number, right: number): Pace => {
  const length = Math.min(most, Math.max(shortest, right === guessed ? 2 * guessed : right + 1));
  const paid = right >= 2 || right === guessed;
  return { length, need: paid ? 0 : Math.min(mostNeeded, Math.max(1, 2 * need)), streak: 0 };
};
