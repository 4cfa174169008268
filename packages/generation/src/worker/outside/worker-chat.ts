/** A chat in a worker, seen from outside: its messages are known here, as of the last turn; its cache stays in the worker. */
import type { Chat, ConversationOptions } from "../../conversation/chat.ts";
import type { AnyPrefix } from "../../prefix/prefix.ts";
import type { ReadOptions } from "../../prefix/read-prompt.ts";
import { call, stream, type Connection } from "./call-worker.ts";
import type { WorkerPrefix } from "./worker-model.ts";
import type { ChatFacts, PrefixFacts } from "../wire.ts";

/** A `Chat` whose functions give promises, since they run in the worker. */
export type WorkerChat = Pick<Chat, "send" | "messages" | "ids" | "turns" | "bytes"> & {
  readonly read: (options?: ReadOptions) => Promise<WorkerPrefix>;
  readonly fork: () => Promise<WorkerChat>;
  readonly rollback: (turns?: number) => Promise<void>;
  readonly release: () => Promise<void>;
};

/** How prefixes are named inside the worker, and made of its facts outside. */
export type PrefixSide = {
  readonly idOf: (where: string, after: AnyPrefix) => number;
  readonly prefixOf: (facts: PrefixFacts) => WorkerPrefix;
};

const workerChat = (connection: Connection, side: PrefixSide, known: ChatFacts): WorkerChat => {
  const { id } = known;
  let facts = known;
  const ask = <Result>(work: string, args: readonly unknown[] = [], more: object = {}): Promise<Result> =>
    call<Result>(connection, { where: work, work: `${work}Chat`, args: [id, ...args], ...more });
  const refresh = async (): Promise<void> => {
    facts = await ask("facts");
  };
  const send: Chat["send"] = async function* (message, { onPrefill, onDone, onToken, signal, ...data } = {}) {
    let done: (() => void) | undefined;
    const listeners = {
      onPrefill,
      onToken,
      onDone:
        onDone &&
        ((...stats: Parameters<typeof onDone>) => {
          done = () => onDone(...stats);
        }),
    };
    const asked = { where: "send", work: "sendChat", args: [id, message, data], signal, listeners };
    try {
      yield* stream(connection, asked) as AsyncGenerator<string, void, undefined>;
    } finally {
      // However the run ended, text may have been added to the chat. A worker that has ended cannot be asked.
      if (connection.life.ended() === undefined) await refresh().catch(() => {});
    }
    done?.();
  };
  return {
    send,
    get messages() {
      return facts.messages;
    },
    get ids() {
      return facts.ids;
    },
    get turns() {
      return facts.turns;
    },
    get bytes() {
      return facts.bytes;
    },
    read: async ({ onProgress, signal, ...data } = {}) =>
      side.prefixOf(await ask<PrefixFacts>("read", [data], { listeners: { onProgress }, signal })),
    fork: async () => workerChat(connection, side, await ask<ChatFacts>("fork")),
    rollback: async (turns = 1) => {
      facts = await ask("rollback", [turns]);
    },
    release: () => ask("release"),
  };
};

/** Starts a chat of the model with that number. */
export const startWorkerChat = async (
  connection: Connection,
  side: PrefixSide,
  model: number,
  { after, ...data }: ConversationOptions = {},
): Promise<WorkerChat> => {
  const behind = after === undefined ? {} : { after: side.idOf("chat", after) };
  const args = [model, { ...data, ...behind }];
  return workerChat(connection, side, await call<ChatFacts>(connection, { where: "chat", work: "chat", args }));
};
