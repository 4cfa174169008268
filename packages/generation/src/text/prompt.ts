/** A prompt as token ids. */
import { show } from "@ropewalk/check";
import type { ChatMessage } from "./chat-template/messages.ts";
import type { TextCodec } from "./text-codec.ts";

/** Text, token ids, or messages, which the checkpoint's chat template turns into one text. */
export type Prompt = string | readonly number[] | readonly ChatMessage[];

/** The parts of a model that read and write text. */
export type Texts = { readonly text: TextCodec | undefined; readonly name: string };

export type PromptTexts = Texts & { readonly bosToken: number | undefined };

const needText = (where: string, { text, name }: Texts, use: string, instead: string): TextCodec => {
  if (text === undefined)
    throw new TypeError(`${where}: ${name} must have a tokenizer.json to ${use}, got none; ${instead}`);
  return text;
};

/** The tokenizer, to write text with. @throws TypeError when the model has none */
export const textWriter = (where: string, model: Texts): TextCodec =>
  needText(where, model, "write text", "generateTokens gives token ids");

const kindOf = (prompt: Prompt): "text" | "ids" | "messages" | undefined => {
  if (typeof prompt === "string") return "text";
  if (!Array.isArray(prompt)) return undefined;
  return typeof prompt[0] === "object" && prompt[0] !== null ? "messages" : "ids";
};

const isMessage = (prompt: unknown): boolean => typeof prompt === "object" && prompt !== null && "role" in prompt;

/**
 * The ids of a prompt. A text that follows other tokens gets no special tokens, and messages that do get no bos.
 *
 * @param behind - whether the prompt follows other tokens
 * @param fewest - 0 where the prompt may be empty, as after a prefix, whose last token is run in any case
 * @throws TypeError when the value is no prompt, when it needs a tokenizer and there is none, or when it needs a chat template and there is
 *   none
 */
export const promptIds = (
  where: string,
  model: PromptTexts,
  prompt: Prompt,
  behind = false,
  fewest: 0 | 1 = 1,
): readonly number[] => {
  const kind = kindOf(prompt);
  if (kind === undefined) {
    const hint = isMessage(prompt) ? "; messages stand in a list" : "";
    throw new TypeError(`${where}: prompt must be text, token ids or messages, got ${show(prompt)}${hint}`);
  }
  if (kind === "ids") return prompt as readonly number[];
  const { encode, encodeChat } = needText(where, model, "read text", "give token ids");
  if (kind === "text") {
    const ids = encode(prompt as string, { specialTokens: !behind });
    if (ids.length < fewest) throw new RangeError(`${where}: prompt must be at least 1 token, got ${show(prompt)}`);
    return ids;
  }
  if (encodeChat === undefined)
    throw new TypeError(`${where}: ${model.name} must have a chat template to take messages, got none; use text`);
  const ids = encodeChat(prompt as readonly ChatMessage[]);
  return behind && ids[0] === model.bosToken ? ids.slice(1) : ids;
};
