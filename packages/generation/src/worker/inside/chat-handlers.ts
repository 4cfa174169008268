/** Holds conversations in the worker. */
import type { Chat } from "../../conversation/chat.ts";
import type { ChatFacts } from "../wire.ts";
import {
  heldPrefix,
  modelOf,
  once,
  optionsOf,
  prefixOf,
  type Call,
  type Handlers,
  type HeldChat,
  type Options,
} from "./held.ts";

const chatOf = ({ held, args }: Call, where: string): HeldChat => {
  const found = held.chats.get(args[0]!);
  if (found === undefined)
    throw new TypeError(`${where}: the chat must be one that is not released, nor its model, got one that is`);
  return found;
};

const chatFacts = (id: number, { messages, ids, turns, bytes }: Chat): ChatFacts => ({
  id,
  messages,
  ids,
  turns,
  bytes,
});

const heldChat = ({ held }: Call, of: HeldChat): ChatFacts => {
  const id = held.nextNumber();
  held.chats.set(id, of);
  return chatFacts(id, of.chat);
};

const startChat = (call: Call): ChatFacts => {
  const model = modelOf(call);
  const { after, ...options } = call.args[1]! as Options & { readonly after?: number };
  const behind = after === undefined ? {} : { after: prefixOf(call, "chat", "after", after) };
  return heldChat(call, { model, chat: model.chat({ ...options, ...behind }) });
};

export const chatHandlers: Handlers = {
  chat: once(startChat),
  sendChat: (call) => chatOf(call, "send").chat.send(call.args[1]!, optionsOf(call, "send", 2)),
  factsChat: once((call) => chatFacts(call.args[0]!, chatOf(call, "chat").chat)),
  readChat: once(async (call) => heldPrefix(call, await chatOf(call, "read").chat.read(optionsOf(call, "read", 1)))),
  forkChat: once((call) => {
    const { chat, model } = chatOf(call, "fork");
    return heldChat(call, { model, chat: chat.fork() });
  }),
  rollbackChat: once((call) => {
    const { chat } = chatOf(call, "rollback");
    chat.rollback(call.args[1]!);
    return chatFacts(call.args[0]!, chat);
  }),
  releaseChat: once((call) => {
    call.held.chats.get(call.args[0]!)?.chat.release();
    call.held.chats.delete(call.args[0]!);
  }),
};
