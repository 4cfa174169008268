/** What is done inside a worker, a row a function: with what it is asked for, and what is opened and loaded here. */
import type { Backend } from "@ropewalk/backend";
import { byKind, check, checkFunction, checkOneOf } from "@ropewalk/check";
import { extensionOf, type ExtensionRecord } from "@ropewalk/context-extension";
import type { CheckpointFolder } from "@ropewalk/models";
import type { Remote } from "comlink";
import type { Chat } from "../../conversation/chat.ts";
import { createCache, releaseCache, type KeyValueCache } from "../../cache/cache.ts";
import { loadModel, type LanguageModel, type LoadOptions } from "../../model/language-model.ts";
import { openModel, type OpenedModel } from "../../model/open-model.ts";
import type { Prefix } from "../../prefix/prefix.ts";
import { modelFacts, sourceFacts } from "../facts.ts";
import { receiveFolder, type ReceivedFolder } from "../folder.ts";
import type { Tell, Work } from "./runs.ts";
import { receivedPath } from "../path.ts";
import type { BackendChoice, ChatFacts, OpenedFacts, PrefixFacts, SentFolder, SentSource } from "../wire.ts";

export type Backends = Readonly<Record<string, (options: never) => Backend | Promise<Backend>>>;

/** Opens data of the caller's own. */
export type OpenOwn = (data: never) => Promise<CheckpointFolder | OpenedModel> | CheckpointFolder | OpenedModel;

/** What is opened or loaded here, by numbers that the outside knows it by. */
export type Held = {
  readonly opened: Map<number, OpenedModel>;
  readonly models: Map<number, LanguageModel>;
  readonly caches: Map<number, KeyValueCache>;
  readonly prefixes: Map<number, Prefix>;
  readonly chats: Map<number, HeldChat>;
  readonly folders: Map<OpenedModel, ReceivedFolder>;
  readonly name: () => number;
};

/** With the model whose weights it ends with. */
type HeldChat = { readonly chat: Chat; readonly model: LanguageModel };

type Options = Readonly<Record<string, unknown>>;

export type Call = {
  readonly held: Held;
  readonly backends: Backends;
  readonly openOwn: OpenOwn | undefined;
  /** The folder outside, where a source is one. */
  readonly folder: Remote<SentFolder> | undefined;
  readonly args: readonly never[];
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** The functions that the outside wants to have called. */
  readonly listeners: Options;
};

export const kept = <Value>(what: string, map: ReadonlyMap<number, Value>, id: number): Value => {
  const found = map.get(id);
  check(found !== undefined, `${what} that has not been released`, id);
  return found;
};

const modelOf = ({ held, args }: Call): LanguageModel =>
  kept("serveModels: the model must be one", held.models, args[0]!);

const open = async (
  { held, openOwn, folder }: Call,
  where: string,
  source: SentSource,
  options: Options,
): Promise<number> => {
  const sources: (string | URL | CheckpointFolder | OpenedModel)[] = [];
  const folders: ReceivedFolder[] = [];
  await byKind(where, "source", source, {
    name: async ({ name }) => sources.push(name),
    url: async ({ href }) => sources.push(new URL(href)),
    opened: async ({ id }) => sources.push(kept(`${where}: source must be an opened model`, held.opened, id)),
    folder: async () => {
      const received = await receiveFolder(folder!);
      folders.push(received);
      sources.push(received);
    },
    own: async ({ data }) => {
      checkFunction(where, "open of serveModels", openOwn);
      sources.push(await openOwn!(data as never));
    },
  });
  const opened = await openModel(sources[0]!, options);
  if (folders[0] !== undefined) held.folders.set(opened, folders[0]);
  const id = held.name();
  held.opened.set(id, opened);
  return id;
};

const openedFacts = ({ held }: Call, id: number): OpenedFacts => ({
  id,
  source: sourceFacts(held.opened.get(id)!.source),
});

const backendOf = async (backends: Backends, choice: BackendChoice): Promise<Backend> => {
  const { name, options } = typeof choice === "string" ? { name: choice, options: undefined } : choice;
  checkOneOf("loadModel", "backend", name, Object.keys(backends));
  return backends[name]!(options as never);
};

/** Something that gives one result, and nothing on the way. */
const once =
  (work: (call: Call) => unknown) =>
  (call: Call): Work => {
    let result: Promise<unknown> | undefined;
    const next = async (): Promise<IteratorResult<never, unknown>> => {
      result ??= (async () => work(call))();
      return { done: true, value: await result };
    };
    return { next, return: next };
  };

const openOptions = new Set(["hub", "trainedContext", "model"]);

const load = async (call: Call): Promise<unknown> => {
  const { held, backends, args, listeners } = call;
  const [source, backend, record, data] = args as readonly unknown[] as readonly [
    SentSource,
    BackendChoice,
    ExtensionRecord | undefined,
    Options,
  ];
  const made = await backendOf(backends, backend);
  const hub = data["hub"] as object | undefined;
  const { onQuantize, ...ofHub } = listeners;
  const told = Object.keys(ofHub).length > 0 || hub !== undefined ? { hub: { ...hub, ...ofHub } } : {};
  const options: Options = { ...data, ...told, ...(onQuantize ? { onQuantize } : {}) };
  const opening = Object.fromEntries(Object.entries(options).filter(([key]) => openOptions.has(key)));
  const id = await open(call, "loadModel", source, opening);
  const loading = Object.fromEntries(Object.entries(options).filter(([key]) => !["hub", "model"].includes(key)));
  const extension = record && extensionOf(record);
  const opened = held.opened.get(id)!;
  const given = { ...loading, backend: made, ...(extension && { extension }) } as unknown as LoadOptions;
  const model = await loadModel(opened, given);
  held.models.set(id, model);
  return modelFacts(id, model, extension ?? model.source.extension());
};

const extend = async ({ held, args }: Call): Promise<unknown> => {
  const [of, record] = args as readonly unknown[] as readonly [number, ExtensionRecord];
  const extension = extensionOf(record);
  const model = await kept("withExtension: the model must be one", held.models, of).withExtension(extension);
  const id = held.name();
  held.models.set(id, model);
  return modelFacts(id, model, extension);
};

const prefixOf = ({ held }: Call, where: string, name: string, id: number): Prefix => {
  const found = held.prefixes.get(id);
  if (found === undefined)
    throw new TypeError(`${where}: ${name} must be a prefix that is not released, nor its model, got one that is`);
  return found;
};

/** The visitor stands among the listeners, but is none of the options; and what a run stands behind is here. */
const optionsOf = (call: Call, where: string, at: number): never => {
  const { args, listeners, signal } = call;
  const { after, ...given } = { ...(args[at] as (Options & { readonly after?: number }) | undefined) };
  const behind = after === undefined ? {} : { after: prefixOf(call, where, "after", after) };
  const options = { ...given, ...behind, ...listeners, signal };
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== "visit")) as never;
};

const heldPrefix = ({ held }: Call, prefix: Prefix): PrefixFacts => {
  const id = held.name();
  held.prefixes.set(id, prefix);
  return { id, ids: prefix.ids, bytes: prefix.bytes };
};

/** What a run leaves stays here; what is told is its facts. */
const tellingFacts = (call: Call): Call => {
  const { onPrefix, ...listeners } = call.listeners;
  if (onPrefix === undefined) return call;
  const tell = (prefix: Prefix): void => call.tell("onPrefix", heldPrefix(call, prefix));
  return { ...call, listeners: { ...listeners, onPrefix: tell } };
};

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
  const id = held.name();
  held.chats.set(id, of);
  return chatFacts(id, of.chat);
};

/** What it stands behind is here. */
const startChat = (call: Call): ChatFacts => {
  const model = modelOf(call);
  const { after, ...options } = call.args[1]! as Options & { readonly after?: number };
  const behind = after === undefined ? {} : { after: prefixOf(call, "chat", "after", after) };
  return heldChat(call, { model, chat: model.chat({ ...options, ...behind }) });
};

const cacheOf = ({ held, args }: Call, where: string): KeyValueCache => {
  const found = held.caches.get(args[1]!);
  if (found === undefined)
    throw new TypeError(
      `${where}: cache must be what createCache or the last run gave, got an older or a released one`,
    );
  return found;
};

/** Rows are the caller's: what the runtime does with its own memory later is not seen outside. */
const copies = (values: readonly unknown[]): readonly unknown[] => values.map((value) => structuredClone(value));

export const works: Readonly<Record<string, (call: Call) => Work>> = {
  open: once(async (call) => {
    const [source, options] = call.args as readonly unknown[] as readonly [SentSource, Options];
    const hub = options["hub"] as object | undefined;
    const heard = Object.keys(call.listeners).length > 0 ? { hub: { ...hub, ...call.listeners } } : {};
    return openedFacts(call, await open(call, "openModel", source, { ...options, ...heard }));
  }),
  load: once(load),
  withExtension: once(extend),
  generate: (call) => modelOf(call).generate(call.args[1]!, optionsOf(tellingFacts(call), "generate", 2)),
  generateTokens: (call) => modelOf(call).generateTokens(call.args[1]!, optionsOf(tellingFacts(call), "generate", 2)),
  logits: once((call) => modelOf(call).logits(call.args[1]!, optionsOf(call, "logits", 2))),
  visitLogits: once((call) => {
    const visit = (...rows: readonly unknown[]): void => call.tell("visit", ...copies(rows));
    return modelOf(call).visitLogits(call.args[1]!, visit, optionsOf(call, "logits", 2));
  }),
  attentions: once((call) => modelOf(call).attentions(call.args[1]!, optionsOf(call, "attentions", 2))),
  visitAttentions: once((call) => {
    const visit = (...chunk: readonly unknown[]): void => call.tell("visit", ...copies(chunk));
    return modelOf(call).visitAttentions(call.args[1]!, visit, optionsOf(call, "visitAttentions", 2));
  }),
  read: once(async (call) => heldPrefix(call, await modelOf(call).read(call.args[1]!, optionsOf(call, "read", 2)))),
  extend: once(async (call) => {
    const prefix = prefixOf(call, "extend", "the prefix", call.args[1]!);
    return heldPrefix(call, await prefix.extend(call.args[2]!, optionsOf(call, "extend", 3)));
  }),
  openPrefix: once(async (call) =>
    heldPrefix(call, await modelOf(call).open(receivedPath(call.args[1]!), optionsOf(call, "open", 2))),
  ),
  savePrefix: once((call) => {
    const prefix = prefixOf(call, "save", "the prefix", call.args[1]!);
    return prefix.save(receivedPath(call.args[2]!), optionsOf(call, "save", 3));
  }),
  releasePrefix: once((call) => {
    call.held.prefixes.get(call.args[1]!)?.release();
    call.held.prefixes.delete(call.args[1]!);
  }),
  prefixBytes: once((call) => {
    const ids = call.args[1]! as readonly number[];
    return modelOf(call).prefixBytes(ids.map((id) => prefixOf(call, "prefixBytes", "every prefix", id)));
  }),
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
  createCache: once((call) => {
    const { backend, extended } = modelOf(call);
    const id = call.held.name();
    call.held.caches.set(id, createCache(backend, extended, call.args[1]!));
    return { id, length: 0, ids: [] };
  }),
  prefill: once(async (call) => {
    const before = cacheOf(call, "prefill");
    const { logits, cache } = await modelOf(call).prefill(before, call.args[2]!, optionsOf(call, "prefill", 3));
    call.held.caches.delete(call.args[1]!);
    const id = call.held.name();
    call.held.caches.set(id, cache);
    return { logits, cache: { id, length: cache.length, ids: cache.ids } };
  }),
  releaseCache: once((call) => {
    const cache = call.held.caches.get(call.args[1]!);
    call.held.caches.delete(call.args[1]!);
    if (cache !== undefined) releaseCache(cache);
  }),
  release: once(async (call) => {
    const model = modelOf(call);
    await model.release();
    for (const [id, { cache }] of call.held.prefixes)
      if (cache.life.state === "released") call.held.prefixes.delete(id);
    for (const [id, { chat, model: of }] of call.held.chats)
      if (of.source === model.source) {
        chat.release();
        call.held.chats.delete(id);
      }
    for (const [opened, folder] of call.held.folders)
      if (opened.source === model.source) {
        folder.close();
        call.held.folders.delete(opened);
      }
  }),
};
