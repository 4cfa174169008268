/** The pieces of a conversation, with their ids: stretches of text, and answers with the ids that they were generated with. */
import type { TextCodec } from "../text/text-codec.ts";

export type Piece =
  | { readonly kind: "text"; readonly text: string; readonly ids: readonly number[] }
  | {
      readonly kind: "answer";
      /** The answer as it was given out; and as it reads after the text before it, where the tokenizer makes these differ. */
      readonly texts: readonly string[];
      readonly ids: readonly number[];
    };

export const idsOf = (pieces: readonly Piece[]): readonly number[] => pieces.flatMap(({ ids }) => ids);

/** How many tokens before an answer decide how its first token is written. */
const neighbours = 8;

/**
 * The piece of an answer. A decoder may cut the first space of a text. After the prompt the space is there, and templates write it.
 */
export const answerPiece = (codec: TextCodec, before: readonly number[], ids: readonly number[]): Piece => {
  const alone = codec.decode(ids);
  const last = before.slice(-neighbours);
  const behind = codec.decode([...last, ...ids]).slice(codec.decode(last).length);
  return { kind: "answer", texts: behind === alone ? [alone] : [behind, alone], ids };
};

const standsAt = (piece: Piece, text: string, at: number): string | undefined =>
  (piece.kind === "text" ? [piece.text] : piece.texts).find((each) => text.startsWith(each, at));

export type Standing = { readonly pieces: readonly Piece[]; readonly length: number };

/** The pieces that a text still begins with, and how many of its characters they cover. */
export const standing = (pieces: readonly Piece[], text: string): Standing => {
  let length = 0;
  for (const [index, piece] of pieces.entries()) {
    const found = standsAt(piece, text, length);
    if (found === undefined) return { pieces: pieces.slice(0, index), length };
    length += found.length;
  }
  return { pieces, length };
};
