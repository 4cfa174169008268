/**
 * Prompt lookup: what followed the same n-gram the last time it was in the text, prompt and what was generated alike.
 *
 * Saxena, Prompt Lookup Decoding, 2023, https://github.com/apoorvumang/prompt-lookup-decoding
 */
import { nGrams } from "./n-grams.ts";
import type { GuessSource } from "./source.ts";

export type LookupOptions = {
  /** Tokens that must be the same, the text's last ones. Default 3. */
  readonly match?: number;
  /** Tokens that are guessed, at most. Default 8. */
  readonly draft?: number;
};

const defaultMatch = 3;
export const defaultDraft = 8;

/** Tokens from `place` on; a text that ends before it is enough goes round. */
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
