/**
 * The ids of a text behind another, as they stand in the ids of both together:
 *
 *   ids(a + b) = ids(a) + ids(b behind a)    where the cut is clean
 *
 * A tokenizer cuts at special tokens first, and then where its words end, so that a cut at a special token is clean. Anywhere else the last
 * token of the one and the first of the other may be one in the text of both: then there are no such ids.
 */
import type { TextCodec } from "../text/text-codec.ts";

/** Characters of the text before that are looked at: what is further away than a word and a special token decides nothing. */
const contextLength = 256;

const startsWith = (ids: readonly number[], first: readonly number[]): boolean =>
  first.every((id, index) => ids[index] === id);

/** Ids of a text that has its special tokens in it. */
export const encodeWhole = (codec: TextCodec, text: string): readonly number[] =>
  text === "" ? [] : codec.encode(text, { specialTokens: false });

/** Undefined where a token would stand across the cut. */
export const encodeBehind = (codec: TextCodec, before: string, text: string): readonly number[] | undefined => {
  const context = before.slice(-contextLength);
  const first = encodeWhole(codec, context);
  const both = encodeWhole(codec, context + text);
  return startsWith(both, first) ? both.slice(first.length) : undefined;
};

/** Characters that a cut is moved back by, at most: a special token's. */
const longestToken = 64;

/** The last cut at `at` or a little before it, and behind `from`, that is clean in several texts which are alike up to there. */
export const cleanCut = (codec: TextCodec, texts: readonly string[], from: number, at: number): number | undefined => {
  const isClean = (cut: number): boolean =>
    texts.every(
      (text) => encodeBehind(codec, text.slice(from, cut), text.slice(cut, cut + contextLength)) !== undefined,
    );
  for (let cut = at; cut > Math.max(from, at - longestToken); cut--) if (isClean(cut)) return cut;
  return undefined;
};
