/** What a worker holds by number, and one call from outside: its arguments, its options and what it names by number. */
import type { Backend } from "@ropewalk/backend";
import { check } from "@ropewalk/check";
import type { CheckpointFolder } from "@ropewalk/models";
import type { Remote } from "comlink";
import type { KeyValueCache } from "../../cache/cache.ts";
import type { Chat } from "../../conversation/chat.ts";
import type { LanguageModel } from "../../model/language-model.ts";
import type { OpenedModel } from "../../model/open-model.ts";
import type { Prefix } from "../../prefix/prefix.ts";
import type { ReceivedFolder } from "../sent-folder.ts";
import type { PrefixFacts, SentFolder } from "../wire.ts";
import type { Tell, Work } from "./start-run.ts";

export type Backends = Readonly<Record<string, (options: never) => Backend | Promise<Backend>>>;

/** Opens a model that the caller describes by data of its own. */
export type OpenOwn = (data: never) => Promise<CheckpointFolder | OpenedModel> | CheckpointFolder | OpenedModel;

/** What is opened or loaded in this worker, by the numbers that stand for it outside. */
export type Held = {
  readonly opened: Map<number, OpenedModel>;
  readonly models: Map<number, LanguageModel>;
  readonly caches: Map<number, KeyValueCache>;
  readonly prefixes: Map<number, Prefix>;
  readonly chats: Map<number, HeldChat>;
  readonly folders: Map<OpenedModel, ReceivedFolder>;
  readonly nextNumber: () => number;
};

/** A chat, and the model with whose weights it ends. */
export type HeldChat = { readonly chat: Chat; readonly model: LanguageModel };

export type Options = Readonly<Record<string, unknown>>;

export type Call = {
  readonly held: Held;
  readonly backends: Backends;
  readonly openOwn: OpenOwn | undefined;
  /** The folder that lies outside, where the source is one. */
  readonly folder: Remote<SentFolder> | undefined;
  readonly args: readonly never[];
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** The functions among the options that are to be called outside. */
  readonly listeners: Options;
};

export const kept = <Value>(what: string, map: ReadonlyMap<number, Value>, id: number): Value => {
  const found = map.get(id);
  check(found !== undefined, `${what} that has not been released`, id);
  return found;
};

/** How one kind of call is done. */
export type Handler = (call: Call) => Work;

export type Handlers = Readonly<Record<string, Handler>>;

/** A handler that gives one result, and nothing before it. */
export const once =
  (work: (call: Call) => unknown): Handler =>
  (call) => {
    let result: Promise<unknown> | undefined;
    const next = async (): Promise<IteratorResult<never, unknown>> => {
      result ??= (async () => work(call))();
      return { done: true, value: await result };
    };
    return { next, return: next };
  };

export const modelOf = ({ held, args }: Call): LanguageModel =>
  kept("serveModels: the model must be one", held.models, args[0]!);

export const prefixOf = ({ held }: Call, where: string, name: string, id: number): Prefix => {
  const found = held.prefixes.get(id);
  if (found === undefined)
    throw new TypeError(`${where}: ${name} must be a prefix that is not released, nor its model, got one that is`);
  return found;
};

/** The options of a call: its data, its listeners but the visitor, and the prefix that it names by number. */
export const optionsOf = (call: Call, where: string, at: number): never => {
  const { args, listeners, signal } = call;
  const { after, ...given } = { ...(args[at] as (Options & { readonly after?: number }) | undefined) };
  const behind = after === undefined ? {} : { after: prefixOf(call, where, "after", after) };
  const options = { ...given, ...behind, ...listeners, signal };
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== "visit")) as never;
};

/** Keeps a prefix, and gives the facts that are sent outside. */
export const heldPrefix = ({ held }: Call, prefix: Prefix): PrefixFacts => {
  const id = held.nextNumber();
  held.prefixes.set(id, prefix);
  return { id, ids: prefix.ids, bytes: prefix.bytes };
};
