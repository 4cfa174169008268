/**
 * Guesses by a smaller model: its own most likely tokens after the text.
 *
 * The cache of the smaller model holds the known text and nothing else. New tokens of the text are run as a chunk and stay in it. Guesses are
 * run after them as one chunk that grows, d_1, then d_1 d_2 and so on, and never stay. So nothing has to be taken back where a guess was
 * wrong, and a chunk of a few tokens costs little more than one token.
 */
import { decoderOutputs } from "@ropewalk/decoder";
import { createCache, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { longestNext, prefillRows, tryRows } from "../run/chunk-rows.ts";
import { tokensBeforeReplanning } from "../run/planned-length.ts";
import { rowOf } from "../run/row-of.ts";
import type { GuessSource } from "./guess-source.ts";

export type DraftOptions = {
  /** A model with the same vocabulary. The caller releases it. */
  readonly model: LanguageModel;
  /** How many tokens are guessed, at most. Default 4. */
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

  /** Runs the new tokens of the text, and gives the most likely next token. */
  const follow = async (ids: readonly number[]): Promise<number> => {
    const ran = await prefillRows(session, cache, ids.slice(cache.length), output, { signal });
    cache = ran.cache;
    return Number(ran.rows.data.at(-1));
  };

  return {
    isCheap: false,
    guess: async (ids, count) => {
      const guess = [await follow(ids)];
      const most = Math.min(count, 1 + tokensBeforeReplanning(cache, longestNext(cache)));
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
