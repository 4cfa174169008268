/**
 * Where messages of a conversation end, in its ids: a later request that has the first of them alike goes on there. An end counts where the
 * template's text of the messages so far is a beginning of the whole text.
 */
import type { ChatMessage, TextCodec } from "@ropewalk/generation";
import { commonLength } from "./common-beginning.ts";

/** Of a long conversation the first and the last are looked at: what many share, and what the next turn has. */
const [first, last] = [4, 8];

const textOf = (codec: TextCodec, messages: readonly ChatMessage[]): string | undefined => {
  try {
    return codec.formatChat!(messages, { generationPrompt: false });
  } catch {
    // Not every template takes a conversation that ends there.
    return undefined;
  }
};

/** @param ids - of the whole conversation, up to where the assistant goes on */
export const messageEnds = (
  codec: TextCodec,
  messages: readonly ChatMessage[],
  ids: readonly number[],
): readonly number[] => {
  const whole = codec.formatChat!(messages);
  const ends: number[] = [];
  /** What is known: so many characters are so many ids. */
  let known = { text: 0, ids: 0 };
  for (let count = 1; count <= messages.length; count++) {
    if (count > first && count <= messages.length - last) continue;
    const text = textOf(codec, messages.slice(0, count));
    if (text === undefined || text.length <= known.text || !whole.startsWith(text)) continue;
    // What is new alone, where it is encoded as in the whole; else all of it.
    const added = codec.encode(text.slice(known.text), { specialTokens: false });
    const fits = commonLength(ids.slice(known.ids), added) === added.length;
    const end = fits ? known.ids + added.length : commonLength(ids, codec.encode(text, { specialTokens: false }));
    ends.push(end);
    known = fits ? { text: text.length, ids: end } : known;
  }
  return ends;
};
