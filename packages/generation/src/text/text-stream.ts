/** Streams the text of tokens as they come, in pieces that never split a character. Joined, the pieces are the text of all tokens. */
import { cutAtStop, type Cut } from "./stop-strings.ts";
import type { TextCodec } from "./text-codec.ts";

/** Decoders put this character at the end of a text whose last character is not complete. */
const replacement = "\uFFFD";

/**
 * The last few tokens that have a text. A token adds the same text after them as after all tokens: what a decoder does only at the beginning of
 * a text is done once there is a first character.
 */
const contextOf = (codec: TextCodec, tokens: readonly number[], fewest: number): readonly number[] => {
  for (let count = fewest; count < tokens.length; count *= 2) {
    const last = tokens.slice(-count);
    if (codec.decode(last) !== "") return last;
  }
  return tokens;
};

/** Bytes of the longest character. So of three tokens behind a character, one at least is no part of it. */
const longestCharacter = 4;

/**
 * How many of the fresh tokens have a text that later tokens do not change, where the text of all of them ends inside a character: 0 as long as
 * they are few, since the rest of the character may come. Bytes that never become a character are not held back for good.
 */
const wholeTokens = (codec: TextCodec, context: readonly number[], fresh: readonly number[]): number => {
  if (fresh.length <= 2 * longestCharacter) return 0;
  const text = codec.decode([...context, ...fresh]);
  const most = fresh.length - longestCharacter + 1;
  for (let count = most; count > most - longestCharacter; count--)
    if (text.startsWith(codec.decode([...context, ...fresh.slice(0, count)]))) return count;
  return 0;
};

export type TextStreamOptions = {
  /** Texts that end the text. No part of them is given out. */
  readonly stopStrings?: readonly string[];
  /** Called with the stop string that came. Tokens are still read to their end, but nothing more is given out. */
  readonly onStop?: (stop: string) => void;
};

/** The text without an incomplete character at its end. */
const complete = (text: string): string => text.replace(/\uFFFD+$/, "");

/**
 * Turns tokens into pieces of text as they come. A piece that ends inside a character is held back until the rest is there, and so is text
 * that may be the beginning of a stop string.
 *
 * The text of a token can depend on its neighbours: the first token of a text may lose its space. So a piece is the text that the tokens since
 * the last piece add to a few tokens before them. The pieces joined are `decode(ids)`, and the cost of a piece does not grow. Where any token
 * can change the whole text (`decoding: "whole"`), there is one piece, at the end; stop strings are then looked for in the whole text at each
 * token.
 */
export const textStream = async function* (
  codec: TextCodec,
  tokens: AsyncIterable<number>,
  { stopStrings = [], onStop }: TextStreamOptions = {},
): AsyncGenerator<string, void, undefined> {
  const local = codec.decoding !== "whole";
  let context: readonly number[] = [];
  let fresh: number[] = [];
  let held = "";
  let stop: string | undefined;
  const textOf = (some: readonly number[]): string =>
    codec.decode([...context, ...some]).slice(codec.decode(context).length);
  const take = (piece: string): Cut => {
    const cut = cutAtStop(stopStrings, held, piece);
    if (cut.stop !== undefined) {
      stop = cut.stop;
      onStop?.(stop);
    }
    return cut;
  };
  for await (const token of tokens) {
    if (stop !== undefined || codec.hasText?.(token) === false) continue;
    fresh.push(token);
    if (!local && stopStrings.length === 0) continue;
    const piece = textOf(fresh);
    if (piece === "") continue;
    const isWhole = local && !piece.endsWith(replacement);
    const count = isWhole ? fresh.length : local ? wholeTokens(codec, context, fresh) : 0;
    let cut = take(isWhole ? piece : complete(piece));
    if (stop === undefined && count === 0) continue;
    const given = fresh.slice(0, count);
    if (stop === undefined && !isWhole) cut = take(textOf(given));
    if (cut.text !== "") yield cut.text;
    held = cut.held;
    [context, fresh] = [contextOf(codec, [...context, ...given], count), fresh.slice(count)];
  }
  if (stop !== undefined) return;
  const last = take(textOf(fresh));
  const rest = stop === undefined ? last.text + last.held : last.text;
  if (rest !== "") yield rest;
};
