/** Text as its tokens come: pieces that never split a character and, joined, are the text of all the tokens. */
import type { TextCodec } from "./text.ts";

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

/**
 * Turns tokens into pieces of text as they come. A piece that ends inside a character is held back until the rest is there.
 *
 * A token's text can depend on its neighbours (the first of a text may lose its space), so a piece is what the tokens since
 * the last piece add to a few before them: the texts joined are `decode(ids)`, at a cost that does not grow. Where every token can
 * change all of the text (`decoding: "whole"`) there is one piece, at the end.
 */
export const textStream = async function* (
  codec: TextCodec,
  tokens: AsyncIterable<number>,
): AsyncGenerator<string, void, undefined> {
  const local = codec.decoding !== "whole";
  let context: readonly number[] = [];
  let fresh: number[] = [];
  const added = (): string => codec.decode([...context, ...fresh]).slice(codec.decode(context).length);
  for await (const token of tokens) {
    fresh.push(token);
    if (!local) continue;
    const piece = added();
    if (piece === "" || piece.endsWith(replacement)) continue;
    yield piece;
    [context, fresh] = [contextOf(codec, [...context, ...fresh], fresh.length), []];
  }
  const rest = added();
  if (rest !== "") yield rest;
};
