/** What is sent in a turn: the messages, and the options of the answer. */
import { check } from "@ropewalk/check";
import { checkedMessages, type ChatMessage } from "../text/chat-template/messages.ts";
import type { SendOptions } from "./turn.ts";

export const sentMessages = (message: string | ChatMessage | readonly ChatMessage[]): readonly ChatMessage[] => {
  if (typeof message === "string") return [{ role: "user", content: message }];
  check(
    typeof message === "object" && message !== null,
    "send: message must be text, a message or a list of messages",
    message,
    "object",
  );
  const list = Array.isArray(message) ? (message as readonly ChatMessage[]) : [message as ChatMessage];
  if (list.length > 0) checkedMessages("send", list);
  return list;
};

/** Refuses options of `generate` that a chat sets itself. The others are checked where the answer is generated. */
export const checkSendOptions = (options: SendOptions): void => {
  if ("onPrefix" in options)
    throw new TypeError(
      "send: options must have no onPrefix, for a chat keeps what it ran itself, got one; read of the chat is meant?",
    );
  if ("after" in options)
    throw new TypeError(
      "send: options must have no after, for a chat stands behind what chat was given, got one; chat({ after }) is meant?",
    );
};

/** A signal that is aborted by either of two. A value that is no signal is passed on: it is refused where the options are checked. */
export const eitherSignal = (own: AbortSignal, signal: AbortSignal | undefined): AbortSignal => {
  if (signal === undefined) return own;
  return signal instanceof AbortSignal ? AbortSignal.any([own, signal]) : signal;
};
