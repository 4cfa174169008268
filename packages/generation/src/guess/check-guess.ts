/**
 * Guess and check: a token that is known and a guess of what follows it are run as one chunk, with a row for each of its tokens. Rows are
 * picked from in order, as if they came one after another, until a token is picked that was not guessed: it is the next one, and what was
 * guessed from there on is not put into the cache.
 *
 *   tokens a run = r + 1, r of the g guessed tokens right
 *
 * Leviathan, Kalman and Matias, arXiv 2211.17192, and Chen et al., arXiv 2302.01318, of guesses that are taken or not by chance; here the
 * draw itself is compared, so that the tokens are those of a run without guesses, greedy and drawn.
 */
import type { Session } from "@ropewalk/backend";
import { untilSettling } from "../cache/append.ts";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Picked, Picking } from "../sampling/next-token.ts";
import { longestNext, tokensHeld, tryRows } from "../run/run.ts";
import { withAdded, type History } from "../sampling/history.ts";
import type { SamplerState } from "../sampling/random.ts";

export type Checked = {
  /** What was picked: the guess as far as it is right, and one token more. */
  readonly picked: readonly Picked[];
  readonly state: SamplerState;
  /** With the known token in it, and all that was picked but the last. */
  readonly cache: KeyValueCache;
};

/**
 * Tokens that a guess may have, at most: behind them and the token before them nothing has settled, no frequency has changed, and no
 * chunk is too long, so that every row sees what it would see by itself.
 */
export const longestGuess = (cache: KeyValueCache): number =>
  tokensHeld(cache, Math.min(longestNext(cache), untilSettling(cache))) - 1;

/** Runs the last token of the text and what is guessed behind it, if anything is. */
export const checkGuess = async (
  session: Session,
  { output, pick }: Picking,
  from: { readonly state: SamplerState; readonly cache: KeyValueCache },
  history: History,
  guess: readonly number[],
): Promise<Checked> => {
  const tried = await tryRows(session, from.cache, [history.added.at(-1)!, ...guess], output);
  const picked: Picked[] = [];
  let { state } = from;
  do {
    const row = picked.length;
    tried.check(row);
    const next = await pick(state, tried.rows, withAdded(history, guess.slice(0, row)), row);
    state = next.state;
    picked.push(next);
  } while (picked.at(-1)!.token === guess[picked.length - 1]);
  return { picked, state, cache: tried.keep(picked.length) };
};
