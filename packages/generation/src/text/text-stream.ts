/** Text as its tokens come: pieces that never split a character and, joined, are the text of all the tokens. */
import { cutAtStop, type Cut } from "./stop-strings.ts";
import type { TextCodec } from "./text-codec.ts";

/** Stands at the end of a text whose last character is not complete yet. */
const replacement = "\uFFFD";

/**
 * The last few tokens that have a text. What a token adds is the same behind them as behind all tokens: what a decoder does to a
 * text's beginning alone, it has done by its first character.
 */
const contextOf = (codec: TextCodec, tokens: readonly number[], fewest: number): readonly number[] => {
  for (let count = fewest; count < tokens.length; count *= 2) {
    const last = tokens.slice(-count);
    if (codec.decode(last) !== "") return last;
  }
  return tokens;
};

export type TextStreamOptions = {
  /** Texts that end the text; no part of one is given out. */
  readonly stopStrings?: readonly string[];
  /** Called with the one that came. The tokens are read on: they end as whoever gives them likes. */
  readonly onStop?: (stop: string) => void;
};

/** A text without the bytes of a character that is not complete. */
const complete = (text: string): string => text.replace(/\uFFFD+$/, "");

/**
 * Turns tokens into pieces of text as they come. A piece that ends inside a character is held back until the rest is there, and so is what
 * may be the beginning of a stop string.
 *
 * A token's text can depend on its neighbours (the first of a text may lose its space), so a piece is what the tokens since
 * the last piece add to a few before them: the texts joined are `decode(ids)`, at a cost that does not grow. Where every token can
 * change all of the text (`decoding: "whole"`) there is one piece, at the end; stop strings are looked for in all of it at each token.
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
    if (cut.stop !== undefined) onStop?.((stop = cut.stop));
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
