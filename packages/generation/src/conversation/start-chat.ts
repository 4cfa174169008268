/** Starts a conversation: checks its options, and puts a tokenizer, a template and a prefix together for it. */
import { check, checkKeys, optional, show, whole } from "@ropewalk/check";
import { forkCache } from "../cache/fork-cache.ts";
import { checkOpen } from "../model/loaded-model.ts";
import { behindWhat } from "../prefix/prefix.ts";
import type { Reader } from "../prefix/read-prompt.ts";
import { checkedMessages, type ChatMessage } from "../text/chat-template/messages.ts";
import { textCodec } from "../text/text-codec.ts";
import type { Chat, ConversationOptions } from "./chat.ts";
import { newCheckpoint, type CheckpointLimits } from "./checkpoints.ts";
import { runningChat } from "./running-chat.ts";

const checkLimits = (_: string, __: string, value: unknown): void => {
  checkKeys<CheckpointLimits>("chat", "checkpoints", value as CheckpointLimits, {
    turns: optional(whole),
    bytes: optional(whole),
  });
};

/**
 * Starts a conversation.
 *
 * @throws TypeError where there is no tokenizer, no template, or a prefix of another model
 */
export const startChat = (reader: Reader, options: ConversationOptions = {}): Chat => {
  const { loaded, graph, texts } = reader;
  checkOpen("chat", loaded);
  checkKeys<ConversationOptions>(
    "chat",
    "options",
    options,
    {
      after: true,
      template: true,
      messages: true,
      system: (_, __, value) =>
        check(value === undefined || typeof value === "string", "chat: system must be text", value, "string"),
      checkpoints: optional(checkLimits),
    },
    { systemPrompt: "system", prefix: "after", document: "after", history: "messages", initialPrompts: "messages" },
  );
  const { system, messages = [], template, checkpoints = {} } = options;
  const after = behindWhat("chat", options.after, graph.extended);
  if (messages.length > 0 || !Array.isArray(messages)) checkedMessages("chat", messages);
  if (system !== undefined && messages[0]?.role === "system")
    throw new RangeError(`chat: system must be absent where messages begin with the system's, got ${show(system)}`);
  const { tokenizer } = loaded.source;
  if (tokenizer === undefined)
    throw new TypeError(`chat: ${texts.name} must have a tokenizer.json to read and write text, got none`);
  const codec = template === undefined ? loaded.text! : textCodec({ ...tokenizer, chatTemplate: template });
  const format = codec.formatChat;
  if (format === undefined)
    throw new TypeError(
      `chat: ${texts.name} must have a chat template, or be given one as template, got none; generate goes on with text`,
    );
  const before = after && {
    ids: after.ids,
    checkpoint: newCheckpoint(loaded, forkCache(after.cache)),
  };
  const told: readonly ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  return runningChat({ reader, codec, format, before }, checkpoints, {
    spoken: { messages: [...told, ...messages], pieces: [] },
    turns: [],
    checkpoints: [],
  });
};
