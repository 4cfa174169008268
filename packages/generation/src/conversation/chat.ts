/**
 * A conversation that goes on from turn to turn: its ids and its cache are kept, so that a turn reads what is new. What a template writes
 * otherwise than it stood is read anew, from the last checkpoint before it.
 */
import { check, checkKeys, optional, show, whole } from "@ropewalk/check";
import { checkedMessages, type ChatMessage } from "../text/chat-template/messages.ts";
import { forkCache } from "../cache/fork.ts";
import { checkReadOptions } from "../generate/check-options.ts";
import { checkOpen } from "../model/loaded-model.ts";
import { behindWhat, type AnyPrefix, type Prefix } from "../prefix/prefix.ts";
import { readIds, type Reader, type ReadOptions } from "../prefix/read-prompt.ts";
import { textCodec } from "../text/text-codec.ts";
import {
  beginWith,
  behind,
  beyondLimits,
  bytesOf,
  hold,
  letGo,
  newCheckpoint,
  type Checkpoint,
  type CheckpointLimits,
} from "./checkpoints.ts";
import { allOf, answering, idsIn, writtenIds, type SendOptions, type Setting, type Spoken } from "./turn.ts";

export type ConversationOptions = {
  /** A text that was read with `read`, which the conversation stands behind. It may be released once this is made. */
  readonly after?: AnyPrefix;
  /** What the assistant is told before: the system's message. */
  readonly system?: string;
  /** What was said before; it is read with the first message that is sent. */
  readonly messages?: readonly ChatMessage[];
  /** A chat template in Jinja. Default: the checkpoint's own. */
  readonly template?: string;
  /** How much is kept to go back to. What is beyond it is read anew where it is gone back to. */
  readonly checkpoints?: CheckpointLimits;
};

export type Chat = {
  /**
   * Says something, and streams the answer. A loop that is left keeps what was said until then as the answer; an abort or an error leaves
   * the chat as it was before.
   */
  readonly send: (
    message: string | ChatMessage | readonly ChatMessage[],
    options?: SendOptions,
  ) => AsyncGenerator<string, void, undefined>;
  /** What was said, answers among it. */
  readonly messages: readonly ChatMessage[];
  /** What was read and generated, with the document before it: a cold run over them goes on alike. */
  readonly ids: readonly number[];
  /** How many times something was sent and answered. */
  readonly turns: number;
  /** What it holds in memory, with what it shares with others. */
  readonly bytes: number;
  /**
   * What was said, to the end of the last message, as a prefix of its own: for another conversation behind it, and to keep it on a disk.
   */
  readonly read: (options?: ReadOptions) => Promise<Prefix>;
  /** Another chat with the same past; either goes on. */
  readonly fork: () => Chat;
  /** Takes back the last turns, each with what was sent in it. Default 1. */
  readonly rollback: (turns?: number) => void;
  /** Gives its memory back; doing so again is fine. A turn that is under way ends with an error. */
  readonly release: () => void;
};

/** What was said before a turn, and how long the prompt of the turn was. */
type Turn = { readonly before: Spoken; readonly promptTokens: number };

type State = {
  readonly spoken: Spoken;
  readonly turns: readonly Turn[];
  /** The oldest first. */
  readonly checkpoints: readonly Checkpoint[];
};

const given = (message: string | ChatMessage | readonly ChatMessage[]): readonly ChatMessage[] => {
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

const released = (): TypeError => new TypeError("send: the chat must not be released, got one that is");

/** Aborted by either; what is no signal is refused where the run's options are looked at. */
const either = (own: AbortSignal, signal: AbortSignal | undefined): AbortSignal =>
  signal === undefined ? own : signal instanceof AbortSignal ? AbortSignal.any([own, signal]) : signal;

const checkSend = (options: SendOptions): void => {
  if ("onPrefix" in options)
    throw new TypeError(
      "send: options must have no onPrefix, for a chat keeps what it ran itself, got one; read of the chat is meant?",
    );
  if ("after" in options)
    throw new TypeError(
      "send: options must have no after, for a chat stands behind what chat was given, got one; chat({ after }) is meant?",
    );
};

const chatOf = (setting: Setting, limits: CheckpointLimits, first: State): Chat => {
  const { reader } = setting;
  const { loaded } = reader;
  let state = first;
  let isReleased = false;
  /** Ends the turn that is under way. */
  let underWay: AbortController | undefined;
  const checkIdle = (where: string): void => {
    if (isReleased) throw new TypeError(`${where}: the chat must not be released, got one that is`);
    if (underWay !== undefined)
      throw new TypeError(
        `${where}: the chat must have given its answer, got one that is giving it: one message at a time`,
      );
  };
  /** The checkpoints that are to stay; the others are let go of. */
  const keep = (checkpoints: readonly Checkpoint[], stays: (checkpoint: Checkpoint) => boolean) =>
    checkpoints.filter((checkpoint) => {
      const isKept = stays(checkpoint);
      if (!isKept) letGo(loaded, checkpoint);
      return isKept;
    });
  const send: Chat["send"] = async function* (message, { signal, ...options } = {}) {
    const more = given(message);
    checkSend(options);
    checkOpen("send", loaded);
    checkIdle("send");
    const mine = new AbortController();
    underWay = mine;
    try {
      const { spoken: before, turns, checkpoints } = state;
      const now = { messages: [...before.messages, ...more], pieces: before.pieces };
      const run = { ...options, signal: either(mine.signal, signal) };
      yield* answering(setting, now, checkpoints, run, ({ spoken, promptTokens, checkpoints: made }) => {
        const all = [...checkpoints, ...made];
        const dropped = new Set(all.slice(0, beyondLimits(all, limits)));
        state = {
          ...{ spoken, turns: [...turns, { before, promptTokens }] },
          checkpoints: keep(all, (each) => !isReleased && !dropped.has(each)),
        };
      });
    } finally {
      underWay = undefined;
    }
  };
  return {
    send,
    get messages() {
      return state.spoken.messages;
    },
    get ids() {
      return idsIn(setting, state.spoken);
    },
    get turns() {
      return state.turns.length;
    },
    get bytes() {
      return bytesOf(allOf(setting, state.checkpoints));
    },
    read: async (options = {}) => {
      checkOpen("read", loaded);
      checkIdle("read");
      checkReadOptions("read", options);
      const { after, rest } = behind(allOf(setting, state.checkpoints), writtenIds(setting, state.spoken));
      return readIds("read", reader, after, rest, options);
    },
    fork: () => {
      checkOpen("fork", loaded);
      checkIdle("fork");
      if (setting.before) hold(setting.before.checkpoint);
      return chatOf(setting, limits, { ...state, checkpoints: state.checkpoints.map(hold) });
    },
    rollback: (count = 1) => {
      checkIdle("rollback");
      const { turns, checkpoints, spoken } = state;
      check(
        Number.isInteger(count) && count >= 0 && count <= turns.length,
        `rollback: turns must be an integer from 0 to ${turns.length}, the turns of the chat`,
        count,
        "number",
      );
      if (count === 0) return;
      const back = turns[turns.length - count]!;
      const question = idsIn(setting, spoken).slice(0, back.promptTokens);
      state = {
        ...{ spoken: back.before, turns: turns.slice(0, -count) },
        // That at the question's end too: another answer may be asked for.
        checkpoints: keep(checkpoints, ({ cache }) => beginWith(question, cache.ids)),
      };
    },
    release: () => {
      if (isReleased) return;
      isReleased = true;
      underWay?.abort(released());
      keep(state.checkpoints, () => false);
      if (setting.before) letGo(loaded, setting.before.checkpoint);
      state = { ...state, checkpoints: [] };
    },
  };
};

const checkLimits = (_: string, __: string, value: unknown): void => {
  checkKeys<CheckpointLimits>("chat", "checkpoints", value as CheckpointLimits, {
    turns: optional(whole),
    bytes: optional(whole),
  });
};

/** @throws TypeError where there is no tokenizer, no template, or a text before it that cannot be gone on from */
export const startChat = (reader: Reader, options: ConversationOptions = {}): Chat => {
  const { loaded, graph, texts } = reader;
  checkOpen("chat", loaded);
  checkKeys<ConversationOptions>(
    "chat",
    "options",
    options,
    {
      ...{ after: true, template: true, messages: true },
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
  return chatOf({ reader, codec, format, before }, checkpoints, {
    spoken: { messages: [...told, ...messages], pieces: [] },
    ...{ turns: [], checkpoints: [] },
  });
};
