/** The page's worker. It is made for one backend, holds one model, and is started again after it has ended. */
import type { ContextExtension } from "@ropewalk/context-extension";
import { recordOf } from "@ropewalk/context-extension";
import { connectWorker, type WorkerConnection, type WorkerModel, type WorkerOpened } from "@ropewalk/generation/worker";
import type { ModelOrigin } from "./model-origin.ts";
import { strings } from "../page/strings.ts";

export type BackendSetting = { readonly name: "webgpu" | "wasm"; readonly threads: number };

/**
 * The memory of WebAssembly. Weights, cache and all intermediate values must fit into it. Weights for a GPU pass through it or through one
 * array, so the limit holds for them too.
 */
const mostBytes = 4 * 2 ** 30;

const checkFits = (opened: WorkerOpened): WorkerOpened => {
  const { bytes } = opened.source;
  if (bytes > mostBytes) throw new RangeError(strings.errors.tooLarge(bytes, mostBytes));
  return opened;
};

type Alive = {
  readonly worker: Worker;
  readonly connection: WorkerConnection;
  readonly backend: string;
  opened?: { readonly origin: ModelOrigin; readonly value: Promise<WorkerOpened> };
  base?: Promise<WorkerModel>;
  readonly extended: Map<string, Promise<WorkerModel>>;
};

export type Engine = {
  /** Opens a model without loading its weights. */
  readonly open: (origin: ModelOrigin, backend: BackendSetting) => Promise<WorkerOpened>;
  /** The model that was opened last, loaded under an extension. */
  readonly model: (extension: ContextExtension) => Promise<WorkerModel>;
  /** Ends the worker at once. */
  readonly end: () => void;
  readonly hasEnded: () => boolean;
};

const start = ({ name, threads }: BackendSetting): Alive => {
  const worker = new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" });
  return { worker, connection: connectWorker(worker), backend: `${name} ${threads}`, extended: new Map() };
};

export const startEngine = (): Engine => {
  let alive: Alive | undefined;
  let asked: { readonly origin: ModelOrigin; readonly backend: BackendSetting } | undefined;
  const end = (): void => {
    alive?.worker.terminate();
    alive = undefined;
  };
  const living = (backend: BackendSetting): Alive => {
    const key = `${backend.name} ${backend.threads}`;
    // A runtime keeps its number of threads, so another number needs another worker.
    if (alive !== undefined && (alive.backend !== key || alive.connection.ended() !== undefined)) end();
    alive ??= start(backend);
    return alive;
  };
  const open: Engine["open"] = (origin, backend) => {
    asked = { origin, backend };
    const now = living(backend);
    if (now.opened?.origin === origin) return now.opened.value;
    const before = now.base;
    void before?.then((model) => model.release()).catch(() => {});
    delete now.base;
    now.extended.clear();
    now.opened = { origin, value: now.connection.openModel({ own: origin }).then(checkFits) };
    return now.opened.value;
  };
  const base = async (): Promise<WorkerModel> => {
    const { origin, backend } = asked!;
    const opened = await open(origin, backend);
    const now = alive!;
    const options = backend.name === "wasm" ? { threads: backend.threads } : {};
    now.base ??= now.connection.loadModel(opened, { backend: { name: backend.name, options }, extension: {} });
    // A failed load is forgotten, so that the next call tries again.
    now.base.catch(() => delete now.base);
    return now.base;
  };
  return {
    open,
    model: async (extension) => {
      const plain = await base();
      const key = JSON.stringify(recordOf(extension));
      if (key === "{}") return plain;
      const models = alive!.extended;
      const found = models.get(key) ?? plain.withExtension(extension);
      models.set(key, found);
      found.catch(() => models.delete(key));
      return found;
    },
    end,
    hasEnded: () => alive === undefined || alive.connection.ended() !== undefined,
  };
};
