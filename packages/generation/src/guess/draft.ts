/**
 * A smaller model's guesses: its own likeliest tokens behind the text.
 *
 * Its cache holds what is known to be the text and nothing else. What is new of the text is run as a chunk and stays; guesses are run
 * behind it as one chunk that grows, d_1, then d_1 d_2 and so on, and never stay. So nothing has to be taken back where they were wrong,
 * and a chunk of a few tokens costs little more than one token.
 */
import { decoderOutputs } from "@ropewalk/decoder";
import { createCache, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { longestNext, prefillRows, tokensHeld, tryRows } from "../run/run.ts";
import { rowOf } from "../run/row-of.ts";
import type { GuessSource } from "./source.ts";

export type DraftOptions = {
  /** Of the same vocabulary. It is the caller's to release. */
  readonly model: LanguageModel;
  /** Tokens that it guesses, at most. Default 4. */
  readonly tokens?: number;
};

export const defaultDraftTokens = 4;

type Length = { readonly length: number; readonly signal: AbortSignal | undefined };

export const draftSource = (
  { backend, session, extended }: Pick<LanguageModel, "backend" | "session" | "extended">,
  { length, signal }: Length,
): GuessSource => {
  const output = decoderOutputs.likeliest;
  let cache: KeyValueCache = createCache(backend, extended, { length });

  /** Takes in what is new of the text, and gives the token that the model would go on with. */
  const follow = async (ids: readonly number[]): Promise<number> => {
    const ran = await prefillRows(session, cache, ids.slice(cache.length), output, { signal });
    cache = ran.cache;
    return Number(ran.rows.data.at(-1));
  };

  return {
    isCheap: false,
    guess: async (ids, count) => {
      const guess = [await follow(ids)];
      const most = Math.min(count, 1 + tokensHeld(cache, longestNext(cache)));
      while (guess.length < most) {
        const { rows, check } = await tryRows(session, cache, guess, output);
        const last = guess.length - 1;
        check(last);
        guess.push(Number(rowOf(rows, last).data[0]));
      }
      return guess;
    },
    release: () => releaseCache(cache),
  };
};
