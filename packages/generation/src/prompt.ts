/** What a run starts from, as token ids. */
import type { ChatMessage } from "./chat/messages.ts";
import type { TextCodec } from "./text.ts";

/** Text, token ids, or a conversation, which the checkpoint's chat template makes one text of. */
export type Prompt = string | readonly number[] | readonly ChatMessage[];

/** @throws TypeError when the model has no tokenizer */
export const needText = (text: TextCodec | undefined, name: string): TextCodec => {
  if (text === undefined)
    throw new TypeError(`generate: ${name} must have a tokenizer.json to read or write text, got none; use token ids`);
  return text;
};

const isConversation = (prompt: Prompt): prompt is readonly ChatMessage[] => typeof prompt[0] === "object";

/** @throws TypeError when the prompt is no ids and there is no tokenizer, or is a conversation and there is no chat template */
export const promptIds = (text: TextCodec | undefined, name: string, prompt: Prompt): readonly number[] => {
  if (typeof prompt === "string") return needText(text, name).encode(prompt);
  if (!isConversation(prompt)) return prompt;
  const { encodeChat } = needText(text, name);
  if (encodeChat === undefined)
    throw new TypeError(`generate: ${name} must have a chat template to take messages, got none; use text`);
  return encodeChat(prompt);
};
