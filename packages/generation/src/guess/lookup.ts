/**
 * Prompt lookup: guesses the tokens that followed the same n-gram when it last occurred, in the prompt or in the generated text.
 *
 * Saxena, Prompt Lookup Decoding, 2023, https://github.com/apoorvumang/prompt-lookup-decoding
 */
import { nGrams } from "./n-grams.ts";
import type { GuessSource } from "./guess-source.ts";

export type LookupOptions = {
  /** How many of the text's last tokens must occur earlier. Default 3. */
  readonly match?: number;
  /** How many tokens are guessed, at most. Default 8. */
  readonly draft?: number;
};

const defaultMatch = 3;
export const defaultDraft = 8;

/** `count` tokens from `place` on. Where the text ends earlier, its tokens from `place` on are repeated. */
const following = (ids: readonly number[], place: number, count: number): readonly number[] => {
  const round = ids.length - place;
  return Array.from({ length: count }, (_, index) => ids[place + (index % round)]!);
};

export const lookup = ({ match = defaultMatch }: LookupOptions): GuessSource => {
  const find = nGrams(match);
  return {
    isCheap: true,
    guess: (ids, count) => {
      const place = find(ids);
      return place === undefined ? [] : following(ids, place, count);
    },
    release: () => {},
  };
};
