/** The SDK's messages as a prompt of `generate`. */
import {
  InvalidPromptError,
  UnsupportedFunctionalityError,
  type LanguageModelV4Message,
  type LanguageModelV4Prompt,
  type SharedV4Warning,
} from "@ai-sdk/provider";
import type { ChatMessage, Prompt, TextCodec } from "@ropewalk/generation";
import type { PromptForm } from "./generate-options.ts";

type Part = Exclude<LanguageModelV4Message["content"], string>[number];

const unsupported = (functionality: string, instead: string): never => {
  throw new UnsupportedFunctionalityError({
    functionality,
    message: `ropewalk: a prompt must be text, got ${functionality}; ${instead}`,
  });
};

/** The text of a part. Reasoning is left out with a warning; other parts are refused. */
const textOf = (part: Part, warn: (warning: SharedV4Warning) => void): string => {
  switch (part.type) {
    case "text":
      return part.text;
    case "reasoning":
      warn({ type: "unsupported", feature: "reasoning", details: "An earlier answer's reasoning is left out." });
      return "";
    case "file":
    case "reasoning-file":
      return unsupported(`a file of ${part.mediaType}`, "write its text into the message");
    case "tool-call":
    case "tool-result":
    case "tool-approval-response":
    case "custom":
      return unsupported(`a part of kind ${part.type}`, "models are not told of tools here");
    default:
      return unsupported(`a part of kind ${(part as { readonly type: string }).type}`, "this package does not know it");
  }
};

const messageOf = (message: LanguageModelV4Message, warn: (warning: SharedV4Warning) => void): ChatMessage => {
  const { role, content } = message;
  const parts = typeof content === "string" ? [] : content;
  if ([message, ...parts].some(({ providerOptions }) => providerOptions?.["ropewalk"] !== undefined))
    warn({ type: "unsupported", feature: "providerOptions.ropewalk", details: "A message has none, only a call." });
  return { role, content: typeof content === "string" ? content : parts.map((part) => textOf(part, warn)).join("") };
};

const checkTemplate = ({ text, name }: { readonly text: TextCodec | undefined; readonly name: string }): void => {
  if (text?.encodeChat === undefined)
    throw new UnsupportedFunctionalityError({
      functionality: "messages without a chat template",
      message: `ropewalk: ${name} must have a chat template to take messages, got none; { prompt: "text" } takes one user message as text to go on with`,
    });
};

/**
 * The prompt of a call.
 *
 * @throws UnsupportedFunctionalityError for a message that is not text, and for a model without a chat template
 * @throws InvalidPromptError when `"text"` is asked for and there are several messages
 */
export const promptFrom = (
  model: { readonly text: TextCodec | undefined; readonly name: string },
  messages: LanguageModelV4Prompt,
  form: PromptForm,
  warn: (warning: SharedV4Warning) => void,
): Prompt => {
  const chat = messages.map((message) => messageOf(message, warn));
  if (form === "chat") {
    checkTemplate(model);
    return chat;
  }
  if (chat.length !== 1 || chat[0]!.role !== "user")
    throw new InvalidPromptError({
      prompt: messages,
      message: `ropewalk: a prompt as text must be one user message, got ${chat.map(({ role }) => role).join(", ")}`,
    });
  return chat[0]!.content as string;
};
