/**
 * Guess and check: the last known token and a guess of the tokens after it are run as one chunk, with a row for each token. A token is picked
 * from each row in order, as if the rows came one after another, until a token is picked that was not guessed. The rest of the guess is not
 * put into the cache.
 *
 *   tokens a run = r + 1 where r of the g guessed tokens are right
 *
 * Leviathan, Kalman and Matias, arXiv 2211.17192, and Chen et al., arXiv 2302.01318, accept guesses by chance. Here the draw itself is
 * compared, so the tokens are exactly those of a run without guesses, greedy and drawn.
 */
import type { Session } from "@ropewalk/backend";
import { untilSettling } from "../cache/append.ts";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Picked, Picking } from "../sampling/next-token.ts";
import { longestNext, tryRows } from "../run/chunk-rows.ts";
import { tokensBeforeReplanning } from "../run/planned-length.ts";
import type { History } from "../sampling/history.ts";
import type { SamplerState } from "../sampling/random.ts";

export type Checked = {
  /** The picked tokens: the right part of the guess, and one token more. */
  readonly picked: readonly Picked[];
  readonly state: SamplerState;
  /** The cache with the known token in it, and with all picked tokens but the last. */
  readonly cache: KeyValueCache;
};

/**
 * How many tokens a guess may have. Up to this length no token settles, no frequency changes and the chunk is not too long, so every row sees
 * the cache that it would see step by step.
 */
export const longestGuess = (cache: KeyValueCache): number =>
  tokensBeforeReplanning(cache, Math.min(longestNext(cache), untilSettling(cache))) - 1;

/**
 * Runs the last token of the text, and the guessed tokens after it.
 *
 * @param added - the tokens that were added to the text so far. Guessed tokens that are right are added to it
 */
export const checkGuess = async (
  session: Session,
  { output, pick }: Picking,
  from: { readonly state: SamplerState; readonly cache: KeyValueCache },
  prompt: History["prompt"],
  added: number[],
  guess: readonly number[],
): Promise<Checked> => {
  const history: History = { prompt, added };
  const tried = await tryRows(session, from.cache, [added.at(-1)!, ...guess], output);
  const picked: Picked[] = [];
  let { state } = from;
  for (let row = 0; row <= guess.length; row++) {
    tried.check(row);
    const next = await pick(state, tried.rows, history, row);
    state = next.state;
    picked.push(next);
    if (next.token !== guess[row]) break;
    added.push(next.token);
  }
  return { picked, state, cache: tried.keep(picked.length) };
};
