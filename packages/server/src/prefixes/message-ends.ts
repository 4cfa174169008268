/**
 * Where the messages of a conversation end, as positions in its ids. A later request with the same first messages can continue from such
 * an end. An end counts only if the template's text of the messages so far is a beginning of the whole text.
 */
import type { ChatMessage, TextCodec } from "@ropewalk/generation";
import { commonLength } from "./common-beginning.ts";

/** How many first and last messages of a long conversation are looked at: many requests share the first, and the next turn the last. */
const [first, last] = [4, 8];

const textOf = (codec: TextCodec, messages: readonly ChatMessage[]): string | undefined => {
  try {
    return codec.formatChat!(messages, { generationPrompt: false });
  } catch {
    // Some templates refuse a conversation that ends with this message.
    return undefined;
  }
};

/** @param ids - of the whole conversation, up to where the assistant answers */
export const messageEnds = (
  codec: TextCodec,
  messages: readonly ChatMessage[],
  ids: readonly number[],
): readonly number[] => {
  const whole = codec.formatChat!(messages);
  const ends: number[] = [];
  /** A known pair: the first `text` characters are the first `ids` ids. */
  let known = { text: 0, ids: 0 };
  for (let count = 1; count <= messages.length; count++) {
    if (count > first && count <= messages.length - last) continue;
    const text = textOf(codec, messages.slice(0, count));
    if (text === undefined || text.length <= known.text || !whole.startsWith(text)) continue;
    // Only the new text is encoded, if that gives the same ids as in the whole; otherwise all of it.
    const added = codec.encode(text.slice(known.text), { specialTokens: false });
    const fits = commonLength(ids.slice(known.ids), added) === added.length;
    const end = fits ? known.ids + added.length : commonLength(ids, codec.encode(text, { specialTokens: false }));
    ends.push(end);
    known = fits ? { text: text.length, ids: end } : known;
  }
  return ends;
};
