/** What a run starts from, as token ids. */
import { show } from "@ropewalk/check";
import type { ChatMessage } from "./chat-template/messages.ts";
import type { TextCodec } from "./text-codec.ts";

/** Text, token ids, or a conversation, which the checkpoint's chat template makes one text of. */
export type Prompt = string | readonly number[] | readonly ChatMessage[];

/** What of a model reads and writes text. */
export type Texts = { readonly text: TextCodec | undefined; readonly name: string };

export type PromptTexts = Texts & { readonly bosToken: number | undefined };

const needText = (where: string, { text, name }: Texts, use: string, instead: string): TextCodec => {
  if (text === undefined)
    throw new TypeError(`${where}: ${name} must have a tokenizer.json to ${use}, got none; ${instead}`);
  return text;
};

/** @throws TypeError when the model has no tokenizer */
export const textWriter = (where: string, model: Texts): TextCodec =>
  needText(where, model, "write text", "generateTokens gives token ids");

const kindOf = (prompt: Prompt): "text" | "ids" | "messages" | undefined => {
  if (typeof prompt === "string") return "text";
  if (!Array.isArray(prompt)) return undefined;
  return typeof prompt[0] === "object" && prompt[0] !== null ? "messages" : "ids";
};

const aMessage = (prompt: unknown): boolean => typeof prompt === "object" && prompt !== null && "role" in prompt;

/**
 * The ids of a prompt. Behind other tokens a text does not begin anew: it has no special tokens, and a conversation no bos. Behind a
 * prefix, which is run with it, it may have none at all: `fewest` 0.
 *
 * @throws TypeError when the prompt is none, is no ids and there is no tokenizer, or is a conversation and there is no chat template
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
    const hint = aMessage(prompt) ? "; messages stand in a list" : "";
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
