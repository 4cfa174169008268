/** The outside of a worker that serves models: the functions of this package, run in that worker. */
import { check, checkKeys } from "@ropewalk/check";
import { checkExtension, recordOf, type ContextExtension } from "@ropewalk/context-extension";
import type { CheckpointFolder } from "@ropewalk/models";
import { wrap } from "comlink";
import type { LoadOptions } from "../../model/load-model.ts";
import type { OpenOptions } from "../../model/open-model.ts";
import { textCodec, type TextCodec } from "../../text/text-codec.ts";
import { call, type Connection } from "./call-worker.ts";
import { checkWorker, endpointOf, type WorkerLike } from "../endpoint.ts";
import { sendFolder } from "../sent-folder.ts";
import { lifeOf } from "./worker-life.ts";
import { workerModel, type WorkerModel } from "./worker-model.ts";
import type { BackendChoice, ModelFacts, OpenedFacts, SentFolder, SentSource, Served, SourceFacts } from "../wire.ts";

/** Data that the worker's own `open` opens. */
export type OwnSource = { readonly own: unknown };

/** The facts of an opened model whose weights are not loaded. The model itself stays in the worker, and `loadModel` takes these facts for it. */
export type WorkerOpened = {
  /** The worker's number for the model. */
  readonly id: number;
  readonly source: SourceFacts;
  readonly text: TextCodec | undefined;
};

export type WorkerSource = string | URL | CheckpointFolder | OwnSource | WorkerOpened;

export type WorkerLoadOptions = Omit<LoadOptions, "backend" | "adapter"> & {
  /** A backend by the name that the worker's file gives it, with options for it where it takes any. */
  readonly backend: BackendChoice;
  /** Adapters by their paths or URLs, each with a scale where it is not 1. */
  readonly adapter?: AdapterAsked | readonly AdapterAsked[];
};

export type AdapterAsked = string | { readonly source: string; readonly scale?: number };

export type WorkerConnection = {
  /** Opens a model in the worker, as `openModel` does here. */
  readonly openModel: (source: WorkerSource, options?: OpenOptions) => Promise<WorkerOpened>;
  /** Loads a model in the worker, as `loadModel` does here. */
  readonly loadModel: (source: WorkerSource, options: WorkerLoadOptions) => Promise<WorkerModel>;
  /** Says in words why the worker ended. Undefined while it lives. */
  readonly ended: () => string | undefined;
};

type Sent = { readonly source: SentSource; readonly folder?: SentFolder };

const send = (where: string, source: WorkerSource): Sent => {
  if (typeof source === "string") return { source: { kind: "name", name: source } };
  check(
    typeof source === "object" && source !== null,
    `${where}: source must be a folder's path or URL, an id on the hub, a folder of files, { own } or what openModel gave`,
    source,
    "object",
  );
  if (source instanceof URL) return { source: { kind: "url", href: source.href } };
  if ("own" in source) return { source: { kind: "own", data: source.own } };
  if ("id" in source) return { source: { kind: "opened", id: source.id } };
  check(
    typeof source.file === "function",
    `${where}: source must be opened by openModel of the worker, where its weights are to lie`,
    source,
    "function",
  );
  return { source: { kind: "folder" }, folder: sendFolder(source) };
};

const textOf = ({ tokenizer }: SourceFacts): TextCodec | undefined => tokenizer && textCodec(tokenizer);

/** Separates the functions among the options from the rest, which is data. */
const split = ({ hub: { onProgress, onNotice, signal, ...hub } = {}, ...options }: OpenOptions) => ({
  listeners: { onProgress, onNotice },
  signal,
  data: { ...options, ...(Object.keys(hub).length > 0 && { hub }) },
});

const openIn =
  (connection: Connection): WorkerConnection["openModel"] =>
  async (source, options = {}) => {
    const { listeners, signal, data } = split(options);
    const { source: sent, folder } = send("openModel", source);
    const args = [sent, data];
    const asked = { where: "openModel", work: "open", args, listeners, signal, folder };
    const { id, source: facts } = await call<OpenedFacts>(connection, asked);
    return { id, source: facts, text: textOf(facts) };
  };

const recordFor = (where: string, extension: ContextExtension | undefined) => {
  if (extension === undefined) return undefined;
  checkExtension(where, extension);
  return recordOf(extension);
};

const loadIn =
  (connection: Connection): WorkerConnection["loadModel"] =>
  async (source, { backend, extension, onQuantize, ...options }) => {
    const { listeners, signal, data } = split(options);
    const { source: sent, folder } = send("loadModel", source);
    const named = typeof backend === "string" ? { name: backend } : backend;
    checkKeys("loadModel", "backend", named, { name: true, options: true });
    const args = [sent, named, recordFor("loadModel", extension), data];
    const asked = { where: "loadModel", work: "load", args, listeners: { ...listeners, onQuantize }, signal, folder };
    const facts = await call<ModelFacts>(connection, asked);
    return workerModel(connection, facts, textOf(facts.source));
  };

/**
 * Gives the functions of this package, run in a worker whose file calls `serveModels`. The caller ends the worker.
 *
 * @throws TypeError for a value that is no worker. The functions throw an Error once the worker has ended; so do calls that are waiting
 */
export const connectWorker = (worker: WorkerLike): WorkerConnection => {
  checkWorker("connectWorker", "worker", worker);
  const remote = wrap<Served>(endpointOf(worker));
  const life = lifeOf(worker);
  const lock = `ropewalk ${globalThis.crypto?.randomUUID?.() ?? Math.random()}`;
  void remote.hello(lock).then(() => life.watchLock(lock));
  const connection = { remote, life };
  return { openModel: openIn(connection), loadModel: loadIn(connection), ended: life.ended };
};
