/** What a conversation is made of, as tokens: stretches of its text, and answers with the ids that they were generated with. */
import type { TextCodec } from "../text/text-codec.ts";

export type Piece =
  | { readonly kind: "text"; readonly text: string; readonly ids: readonly number[] }
  | {
      readonly kind: "answer";
      /** As it was given out, and as it stands behind the text before it, where a tokenizer makes a difference of that. */
      readonly texts: readonly string[];
      readonly ids: readonly number[];
    };

export const idsOf = (pieces: readonly Piece[]): readonly number[] => pieces.flatMap(({ ids }) => ids);

/** Tokens before it that decide how the first one is written. */
const neighbours = 8;

/**
 * An answer behind the ids before it. A decoder may cut the first space of a text: behind the prompt it is there, and templates write it.
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

/** The pieces that a text still begins with, and how many of its characters they are. */
export const standing = (pieces: readonly Piece[], text: string): Standing => {
  let length = 0;
  const count = pieces.findIndex((piece) => {
    const found = standsAt(piece, text, length);
    length += found?.length ?? 0;
    return found === undefined;
  });
  return { pieces: count < 0 ? pieces : pieces.slice(0, count), length };
};
