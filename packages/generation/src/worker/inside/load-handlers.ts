/** Opens and loads models in the worker, puts extensions on them, and releases them. */
import type { Backend } from "@ropewalk/backend";
import { byKind, checkFunction, checkOneOf } from "@ropewalk/check";
import { extensionOf, type ExtensionRecord } from "@ropewalk/context-extension";
import type { CheckpointFolder } from "@ropewalk/models";
import { loadModel, type LoadOptions } from "../../model/load-model.ts";
import { openModel, type OpenedModel } from "../../model/open-model.ts";
import { modelFacts, sourceFacts } from "../model-facts.ts";
import { receiveFolder, type ReceivedFolder } from "../sent-folder.ts";
import type { BackendChoice, OpenedFacts, SentSource } from "../wire.ts";
import { kept, modelOf, once, type Backends, type Call, type Handlers, type Options } from "./held.ts";

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
  const id = held.nextNumber();
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
  const id = held.nextNumber();
  held.models.set(id, model);
  return modelFacts(id, model, extension);
};

export const loadHandlers: Handlers = {
  open: once(async (call) => {
    const [source, options] = call.args as readonly unknown[] as readonly [SentSource, Options];
    const hub = options["hub"] as object | undefined;
    const heard = Object.keys(call.listeners).length > 0 ? { hub: { ...hub, ...call.listeners } } : {};
    return openedFacts(call, await open(call, "openModel", source, { ...options, ...heard }));
  }),
  load: once(load),
  withExtension: once(extend),
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
