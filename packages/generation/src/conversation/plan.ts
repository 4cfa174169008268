/**
 * From a conversation's pieces and its new text, as the template writes it, to its new pieces: those that the text still begins with stay,
 * the rest is encoded behind them. No text that stays is encoded again, and an answer that stays keeps the ids that it was generated with.
 *
 * Where the cut is clean, the ids are those of the whole text encoded at once. Behind text that was encoded a cut that is not is taken back
 * to where that text began; behind an answer it is left, for its ids stay as they are.
 */
import type { TextCodec } from "../text/text-codec.ts";
import { cleanCut, encodeBehind, encodeWhole } from "./encode-behind.ts";
import { commonLength } from "./lasting.ts";
import { idsOf, standing, type Piece, type Standing } from "./pieces.ts";

const encoded = (text: string, ids: readonly number[]): readonly Piece[] =>
  text === "" ? [] : [{ kind: "text", text, ids }];

const without = ({ pieces, length }: Standing): Standing => {
  const last = pieces.at(-1) as Piece & { readonly kind: "text" };
  return { pieces: pieces.slice(0, -1), length: length - last.text.length };
};

/** What a conversation is encoded with. */
export type Encoder = {
  readonly codec: TextCodec;
  /** Left out of its beginning, where that stands behind other tokens. */
  readonly bosToken?: number | undefined;
};

const encodeBeginning = ({ codec, bosToken }: Encoder, text: string): readonly number[] => {
  const ids = encodeWhole(codec, text);
  return bosToken !== undefined && ids[0] === bosToken ? ids.slice(1) : ids;
};

/** The pieces of a text that begins with some. */
const grown = (encoder: Encoder, kept: Standing, text: string): readonly Piece[] => {
  const { pieces, length } = kept;
  const rest = text.slice(length);
  if (length === 0) return encoded(rest, encodeBeginning(encoder, rest));
  const behind = encodeBehind(encoder.codec, text.slice(0, length), rest);
  if (behind === undefined && pieces.at(-1)!.kind === "text") return grown(encoder, without(kept), text);
  return [...pieces, ...encoded(rest, behind ?? encodeWhole(encoder.codec, rest))];
};

export type Plan = {
  readonly pieces: readonly Piece[];
  /** How many of their ids, the first ones, stand in later turns too; 0 where that ends before what is new. */
  readonly lasting: number;
};

/**
 * @param later - the text of the conversation one turn later: a piece ends where this one stops being its beginning, at a cut that is clean
 *   in both. Absent: this one is its beginning
 */
export const planned = (encoder: Encoder, held: readonly Piece[], text: string, later: string = text): Plan => {
  const kept = standing(held, text);
  const cut = cleanCut(encoder.codec, [text, later], kept.length, commonLength(text, later));
  if (cut === undefined) return { pieces: grown(encoder, kept, text), lasting: 0 };
  const first = grown(encoder, kept, text.slice(0, cut));
  const pieces = grown(encoder, { pieces: first, length: cut }, text);
  return { pieces, lasting: pieces[first.length - 1] === first.at(-1) ? idsOf(first).length : 0 };
};
