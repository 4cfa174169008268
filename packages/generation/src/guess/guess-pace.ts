/**
 * Decides when to guess, and how many tokens, by the success of the last guesses. A run of several tokens costs as much as one to three steps,
 * so a guess has paid where two of its tokens were right, or all. After a guess of g tokens of which r were right, with at most m tokens a
 * guess:
 *
 *   length   2 g where r = g, else r + 1; at least 4, at most m; 4 at first
 *   need     0 where the guess has paid, else twice as much as before, at least 1, at most 32
 *
 * The next guess is made when `need` tokens in a row were foreseen: the source says at each step which token it would guess, and nothing is
 * run for that. Where asking the source is not cheap, the next guess is made after `need` steps instead.
 */

export type Pace = {
  /** How many tokens the next guess has. */
  readonly length: number;
  readonly need: number;
  /** How many tokens in a row were foreseen, or how many steps have gone by. */
  readonly streak: number;
};

const [shortest, mostNeeded] = [4, 32];

export const startPace = (most: number): Pace => ({ length: Math.min(most, shortest), need: 0, streak: 0 });

/** Whether it is time to guess. */
export const isTime = ({ need, streak }: Pace): boolean => streak >= need;

/** The pace after a step without a guess. @param foreseen - whether its token was foreseen; undefined where the source was not asked */
export const afterStep = (pace: Pace, foreseen: boolean | undefined): Pace => ({
  ...pace,
  streak: foreseen === false ? 0 : pace.streak + 1,
});

/** The pace after a guess of `guessed` tokens of which `right` were right. */
export const afterGuess = (most: number, { need }: Pace, guessed: number, right: number): Pace => {
  const length = Math.min(most, Math.max(shortest, right === guessed ? 2 * guessed : right + 1));
  const paid = right >= 2 || right === guessed;
  return { length, need: paid ? 0 : Math.min(mostNeeded, Math.max(1, 2 * need)), streak: 0 };
};
