/** The inside of a worker: serves models that are opened, loaded and run here. */
import { check, checkConfig, checkFunction, show } from "@ropewalk/check";
import { expose, type Endpoint, type Remote } from "comlink";
import { checkWorker, type WorkerLike } from "../endpoint.ts";
import { startRun, type Run, type Tell, type Work } from "./start-run.ts";
import type { Asked, SentFolder, Served } from "../wire.ts";
import { handlers } from "./handlers.ts";
import { kept, type Backends, type Call, type Held, type OpenOwn } from "./held.ts";

export type ServeConfig = {
  /** Functions that make a backend, by names of your own. Each is called with the options that the outside gives for it. */
  readonly backends: Backends;
  /** Opens a model for `{ own: … }`, which `loadModel` outside can be given: data of your own that says where the model lies. */
  readonly open?: OpenOwn;
  /** The port to listen to: in Node `parentPort`. Default: in a browser, the worker itself. */
  readonly port?: WorkerLike | null;
};

const startWork = (call: Omit<Call, "args" | "listeners">, { work, args, listeners }: Asked): Work => {
  const start = Object.hasOwn(handlers, work) ? handlers[work] : undefined;
  if (start === undefined) throw new TypeError(`serveModels: the work must be one that there is, got ${show(work)}`);
  const told = listeners.map((name) => [name, (...values: readonly unknown[]) => call.tell(name, ...values)] as const);
  return start({ ...call, args: args as readonly never[], listeners: Object.fromEntries(told) });
};

/** Work that could not be started: it fails as a run does. */
const failing = (error: unknown): Work => ({ next: () => Promise.reject(error), return: async () => undefined });

/** Holds a lock for as long as this worker lives. */
const holdLock = async (name: string): Promise<void> => {
  const { locks } = globalThis.navigator ?? {};
  if (locks === undefined) return;
  await new Promise<void>((resolve) => {
    void locks.request(name, async () => {
      resolve();
      await new Promise<never>(() => {});
    });
  });
};

/**
 * Serves models from this worker to `connectWorker` outside.
 *
 * @throws TypeError for an unknown key, for a backend that is no function, and where there is no port to listen to
 */
export const serveModels = (config: ServeConfig): void => {
  const {
    backends,
    open: own,
    port = globalThis as unknown as WorkerLike,
  } = checkConfig("serveModels", config, {
    backends: true,
    open: true,
    port: true,
  });
  for (const [name, make] of Object.entries(backends ?? {})) checkFunction("serveModels", `backends.${name}`, make);
  check(Object.keys(backends ?? {}).length > 0, "serveModels: backends must have one at least", backends);
  if (own !== undefined) checkFunction("serveModels", "open", own);
  checkWorker("serveModels", "port", port!);
  let numbers = 0;
  const held: Held = {
    opened: new Map(),
    models: new Map(),
    caches: new Map(),
    prefixes: new Map(),
    chats: new Map(),
    folders: new Map(),
    nextNumber: () => {
      numbers += 1;
      return numbers;
    },
  };
  const runs = new Map<number, Run>();
  const runOf = (id: number): Run => kept("serveModels: the run must be one", runs, id);
  const served: Served = {
    hello: holdLock,
    start: async (asked, sent) => {
      const folder = sent as unknown as Remote<SentFolder> | undefined;
      const id = held.nextNumber();
      const work = (tell: Tell, signal: AbortSignal): Work => {
        try {
          return startWork({ held, backends, openOwn: own, folder, tell, signal }, asked);
        } catch (error) {
          return failing(error);
        }
      };
      runs.set(
        id,
        startRun(work, () => void runs.delete(id)),
      );
      return id;
    },
    next: (id) => runOf(id).next(),
    abort: (id) => runs.get(id)?.abort(),
    leave: async (id) => runs.get(id)?.leave(),
  };
  expose(served, port as unknown as Endpoint);
};
