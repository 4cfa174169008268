/**
 * Plans a turn: from the pieces of a conversation and its new text, as the template writes it, to its new pieces. Pieces that the text still
 * begins with stay, and the rest is encoded after them. No text that stays is encoded again, and an answer that stays keeps the ids that it
 * was generated with.
 *
 * Where the cut is clean, the ids are those of the whole text encoded at once. Where it is not and the piece before it is text, that text is
 * encoded again together with the rest. Where the piece before it is an answer, the cut stays, since the answer's ids stay.
 */
import type { TextCodec } from "../text/text-codec.ts";
import { cleanCut, encodeBehind, encodeWhole } from "./encode-behind.ts";
import { commonLength } from "./later-text.ts";
import { idsOf, standing, type Piece, type Standing } from "./pieces.ts";

const encoded = (text: string, ids: readonly number[]): readonly Piece[] =>
  text === "" ? [] : [{ kind: "text", text, ids }];

const withoutLast = ({ pieces, length }: Standing): Standing => {
  const last = pieces.at(-1) as Piece & { readonly kind: "text" };
  return { pieces: pieces.slice(0, -1), length: length - last.text.length };
};

/** How a conversation is encoded. */
export type Encoder = {
  readonly codec: TextCodec;
  /** Left out at the beginning, where the conversation follows other tokens. */
  readonly bosToken?: number | undefined;
};

const encodeBeginning = ({ codec, bosToken }: Encoder, text: string): readonly number[] => {
  const ids = encodeWhole(codec, text);
  return bosToken !== undefined && ids[0] === bosToken ? ids.slice(1) : ids;
};

/** The pieces of a text that begins with the kept ones. */
const grown = (encoder: Encoder, kept: Standing, text: string): readonly Piece[] => {
  const { pieces, length } = kept;
  const rest = text.slice(length);
  if (length === 0) return encoded(rest, encodeBeginning(encoder, rest));
  const behind = encodeBehind(encoder.codec, text.slice(0, length), rest);
  if (behind === undefined && pieces.at(-1)!.kind === "text") return grown(encoder, withoutLast(kept), text);
  return [...pieces, ...encoded(rest, behind ?? encodeWhole(encoder.codec, rest))];
};

export type Plan = {
  readonly pieces: readonly Piece[];
  /** How many of the first ids stay the same in later turns. 0 where that is less than the conversation held before. */
  readonly lasting: number;
};

/**
 * @param later - the text of the conversation one turn later. A piece ends where the two texts begin to differ, at a cut that is clean in
 *   both. Absent: the text is the beginning of all later texts
 */
export const planned = (encoder: Encoder, held: readonly Piece[], text: string, later: string = text): Plan => {
  const kept = standing(held, text);
  const cut = cleanCut(encoder.codec, [text, later], kept.length, commonLength(text, later));
  if (cut === undefined) return { pieces: grown(encoder, kept, text), lasting: 0 };
  const first = grown(encoder, kept, text.slice(0, cut));
  const pieces = grown(encoder, { pieces: first, length: cut }, text);
  return { pieces, lasting: pieces[first.length - 1] === first.at(-1) ? idsOf(first).length : 0 };
};
