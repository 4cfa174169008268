/** Decodes by guess and check: a source is asked for guesses before a run, as often as its guesses pay. */
import type { Session } from "@ropewalk/backend";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Picking } from "../sampling/next-token.ts";
import type { History } from "../sampling/history.ts";
import type { SamplerState } from "../sampling/random.ts";
import { checkGuess, longestGuess, type Checked } from "./check-guess.ts";
import { afterGuess, afterStep, isTime, startPace } from "./guess-pace.ts";
import type { GuessSource } from "./guess-source.ts";

export type GuessStats = {
  /** How many runs came after the prompt. Without guesses there is one for each token but the first. */
  readonly runs: number;
  /** How many tokens were guessed, and how many of them were right. */
  readonly guessed: number;
  readonly right: number;
};

export type GuessedSteps = {
  /** Decodes at most `room` tokens after the last token that was picked. */
  readonly decode: (
    history: History,
    from: { readonly state: SamplerState; readonly cache: KeyValueCache },
    room: number,
  ) => Promise<Checked>;
  readonly stats: () => GuessStats;
};

/** Stands for no token: it equals none. */
const noToken = -1;

/** The guess up to the first stop token, since nothing follows a stop token. */
const beforeStop = (guess: readonly number[], stops: ReadonlySet<number>): readonly number[] => {
  const at = guess.findIndex((token) => stops.has(token));
  return at < 0 ? guess : guess.slice(0, at);
};

export const guessedSteps = (
  session: Session,
  picking: Picking,
  { source, most, stops }: { readonly source: GuessSource; readonly most: number; readonly stops: ReadonlySet<number> },
): GuessedSteps => {
  // The text so far, and the part of it after the prompt. Both grow with the run, so that no step copies them.
  let text: number[] | undefined;
  let added: number[] | undefined;
  let pace = startPace(most);
  let stats: GuessStats = { runs: 0, guessed: 0, right: 0 };

  const nextGuess = async (cache: KeyValueCache, room: number): Promise<readonly number[]> => {
    const count = Math.min(pace.length, room - 1, longestGuess(cache));
    return count < 1 ? [] : beforeStop(await source.guess(text!, count), stops);
  };
  /** The next token that the source foresees. Undefined where asking is not cheap. */
  const foreseenNext = async (): Promise<number | undefined> =>
    source.isCheap ? ((await source.guess(text!, 1))[0] ?? noToken) : undefined;

  return {
    decode: async (history, from, room) => {
      text ??= [...history.prompt, ...history.added];
      added ??= [...history.added];
      const time = isTime(pace);
      const guess = time ? await nextGuess(from.cache, room) : [];
      const foreseen = time ? undefined : await foreseenNext();
      const checked = await checkGuess(session, picking, from, history.prompt, added, guess);
      const right = checked.picked.length - 1;
      for (const { token } of checked.picked) text.push(token);
      added.push(checked.picked.at(-1)!.token);
      if (guess.length > 0) pace = afterGuess(most, pace, guess.length, right);
      else if (!time)
        pace = afterStep(pace, foreseen === undefined ? undefined : foreseen === checked.picked[0]!.token);
      stats = { runs: stats.runs + 1, guessed: stats.guessed + guess.length, right: stats.right + right };
      return checked;
    },
    stats: () => stats,
  };
};
