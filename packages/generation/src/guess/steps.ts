/** Decoding by guess and check: a source is asked before each run, as often as its guesses are worth it. */
import type { Session } from "@ropewalk/backend";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Picking } from "../sampling/next-token.ts";
import type { History } from "../sampling/history.ts";
import type { SamplerState } from "../sampling/random.ts";
import { checkGuess, longestGuess, type Checked } from "./check-guess.ts";
import { afterGuess, afterStep, isTime, startPace } from "./pace.ts";
import type { GuessSource } from "./source.ts";

export type GuessStats = {
  /** Runs behind the prompt; without guesses there is one for each token but the first. */
  readonly runs: number;
  /** Tokens that were guessed, and how many of them were right. */
  readonly guessed: number;
  readonly right: number;
};

export type GuessedSteps = {
  /** Goes on behind the last of the tokens that were picked, by at most `room` tokens. */
  readonly decode: (
    history: History,
    from: { readonly state: SamplerState; readonly cache: KeyValueCache },
    room: number,
  ) => Promise<Checked>;
  readonly stats: () => GuessStats;
};

/** No token is this one. */
const noToken = -1;

/** Nothing follows a stop token: it is not guessed, nor what is behind it. */
const beforeStop = (guess: readonly number[], stops: ReadonlySet<number>): readonly number[] => {
  const at = guess.findIndex((token) => stops.has(token));
  return at < 0 ? guess : guess.slice(0, at);
};

export const guessedSteps = (
  session: Session,
  picking: Picking,
  { source, most, stops }: { readonly source: GuessSource; readonly most: number; readonly stops: ReadonlySet<number> },
): GuessedSteps => {
  // The text so far: sources take in what is new at its end, and nobody copies it at every step.
  let text: number[] | undefined;
  let pace = startPace(most);
  let stats: GuessStats = { runs: 0, guessed: 0, right: 0 };

  const nextGuess = async (cache: KeyValueCache, room: number): Promise<readonly number[]> => {
    const count = Math.min(pace.length, room - 1, longestGuess(cache));
    return count < 1 ? [] : beforeStop(await source.guess(text!, count), stops);
  };
  /** The token that the source would go on with, where it costs nothing to ask. */
  const foreseenNext = async (): Promise<number | undefined> =>
    source.isCheap ? ((await source.guess(text!, 1))[0] ?? noToken) : undefined;

  return {
    decode: async (history, from, room) => {
      text ??= [...history.prompt, ...history.added];
      const time = isTime(pace);
      const guess = time ? await nextGuess(from.cache, room) : [];
      const foreseen = time ? undefined : await foreseenNext();
      const checked = await checkGuess(session, picking, from, history, guess);
      const right = checked.picked.length - 1;
      for (const { token } of checked.picked) text.push(token);
      if (guess.length > 0) pace = afterGuess(most, pace, guess.length, right);
      else if (!time)
        pace = afterStep(pace, foreseen === undefined ? undefined : foreseen === checked.picked[0]!.token);
      stats = { runs: stats.runs + 1, guessed: stats.guessed + guess.length, right: stats.right + right };
      return checked;
    },
    stats: () => stats,
  };
};
