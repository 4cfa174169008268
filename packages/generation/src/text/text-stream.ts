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
  const added = (): string => codec.decode([...context, ...fresh]).slice(codec.decode(context).length);
  const take = (piece: string): Cut => {
    const cut = cutAtStop(stopStrings, held, piece);
    if (cut.stop !== undefined) {
      stop = cut.stop;
      onStop?.(stop);
    }
    return cut;
  };
  for await (const token of tokens) {
    if (stop !== undefined) continue;
    fresh.push(token);
    if (!local && stopStrings.length === 0) continue;
    const piece = added();
    const isWhole = local && !piece.endsWith(replacement);
    if (piece === "") continue;
    const cut = take(isWhole ? piece : complete(piece));
    if (stop === undefined && !isWhole) continue;
    if (cut.text !== "") yield cut.text;
    held = cut.held;
    [context, fresh] = [contextOf(codec, [...context, ...fresh], fresh.length), []];
  }
  if (stop !== undefined) return;
  const last = take(added());
  const rest = stop === undefined ? last.text + last.held : last.text;
  if (rest !== "") yield rest;
};
