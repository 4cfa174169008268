/**
 * Encodes a text b that follows a text a, so that the ids of both together are
 *
 *   ids(a + b) = ids(a) + ids(b behind a)    where the cut between them is clean
 *
 * A tokenizer cuts at special tokens first and then where words end, so a cut at a special token is clean. Anywhere else the last token of a
 * and the first token of b may be one token in the text of both: then the cut is not clean, and b has no ids of its own.
 */
import { beginWith } from "../run/begin-with.ts";
import type { TextCodec } from "../text/text-codec.ts";

/** How many characters before the cut are looked at. Text that is further away than a word and a special token decides nothing. */
const contextLength = 256;

/** The ids of a text that contains its special tokens. */
export const encodeWhole = (codec: TextCodec, text: string): readonly number[] =>
  text === "" ? [] : codec.encode(text, { specialTokens: false });

/** The ids of `text` after `before`. Undefined where a token would lie across the cut. */
export const encodeBehind = (codec: TextCodec, before: string, text: string): readonly number[] | undefined => {
  const context = before.slice(-contextLength);
  const first = encodeWhole(codec, context);
  const both = encodeWhole(codec, context + text);
  return beginWith(both, first) ? both.slice(first.length) : undefined;
};

/** How many characters a cut is moved back, at most: the length of a special token. */
const longestToken = 64;

/** The last clean cut at `at` or a little before it, and after `from`, in texts that are alike up to there. */
export const cleanCut = (codec: TextCodec, texts: readonly string[], from: number, at: number): number | undefined => {
  const isClean = (cut: number): boolean =>
    texts.every(
      (text) => encodeBehind(codec, text.slice(from, cut), text.slice(cut, cut + contextLength)) !== undefined,
    );
  for (let cut = at; cut > Math.max(from, at - longestToken); cut--) if (isClean(cut)) return cut;
  return undefined;
};
