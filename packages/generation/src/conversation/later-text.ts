/**
 * How much of a prompt stays the same in later turns. A template may begin an answer with text, such as the opening tag of a thought, that it
 * leaves out of earlier answers; or it may write the last question in another way than the questions before. This is found by rendering one
 * more turn, with made-up words.
 */
import type { ChatFormat } from "../text/chat-template/chat-format.ts";
import type { ChatMessage } from "../text/chat-template/messages.ts";

const word = ".";

export const commonLength = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): number => {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
};

/** The text of the conversation with one more turn. Undefined where the template refuses that. */
export const laterText = (format: ChatFormat, messages: readonly ChatMessage[]): string | undefined => {
  try {
    return format([...messages, { role: "assistant", content: word }, { role: "user", content: word }]);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
