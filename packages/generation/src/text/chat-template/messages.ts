/** Checks messages, and joins the content of each into one text, as templates expect it. */
import { check } from "@ropewalk/check";

/** A part of a message's content. Templates of text models know no other kind. */
export type TextPart = { readonly type: "text"; readonly text: string };

export type ChatMessage = {
  /** `system`, `user`, `assistant`, or another role that the template knows. */
  readonly role: string;
  /** Text, or parts of a text, which are joined. */
  readonly content: string | readonly TextPart[];
};

const textOf = (content: unknown, at: string): string => {
  check(
    typeof content === "string" || Array.isArray(content),
    `${at} must be text or a list of parts`,
    content,
    "string",
  );
  if (typeof content === "string") return content;
  return (content as readonly (Partial<TextPart> | null)[])
    .map((part, index) => {
      const place = `${at}[${index}]`;
      check(typeof part === "object" && part !== null, `${place} must be { type: "text", text }`, part, "object");
      check(part.type === "text", `${place}.type must be text, of which this model makes tokens`, part.type, "string");
      check(typeof part.text === "string", `${place}.text must be text`, part.text, "string");
      return part.text;
    })
    .join("");
};

/** @throws TypeError and RangeError that name the message and the part */
export const checkedMessages = (where: string, messages: readonly ChatMessage[]): readonly object[] => {
  check(Array.isArray(messages), `${where}: messages must be a list`, messages, "object");
  check(messages.length > 0, `${where}: messages must have at least 1 message`, messages.length);
  return messages.map((message: Partial<ChatMessage> & { readonly tool_calls?: unknown }, index) => {
    const at = `${where}: messages[${index}]`;
    check(
      typeof message === "object" && message !== null,
      `${at} must be an object with a role and content`,
      message,
      "object",
    );
    check(typeof message.role === "string", `${at}.role must be text`, message.role, "string");
    // A message that calls tools may have no content.
    const silent = message.tool_calls !== undefined && (message.content ?? undefined) === undefined;
    return silent ? message : { ...message, content: textOf(message.content, `${at}.content`) };
  });
};
