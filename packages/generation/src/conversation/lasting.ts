/**
 * How much of a prompt stands as it is in the turns behind it. A template may write the beginning of an answer, such as the first tag of a
 * thought, and leave it out of answers that were given, or write the last question otherwise than those before it. What it does is found by
 * rendering one more turn, with made-up words.
 */
import type { ChatFormat } from "../text/chat-template/format.ts";
import type { ChatMessage } from "../text/chat-template/messages.ts";

const word = ".";

export const commonLength = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): number => {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
};

/** The text of the conversation with one more turn; undefined where the template refuses that. */
export const laterText = (format: ChatFormat, messages: readonly ChatMessage[]): string | undefined => {
  try {
    return format([...messages, { role: "assistant", content: word }, { role: "user", content: word }]);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
