/** The inside: models that are opened, loaded and run in this worker, for whoever connects to it. */
import { check, checkConfig, checkFunction, show } from "@ropewalk/check";
import { expose, type Endpoint, type Remote } from "comlink";
import { checkWorker, type WorkerLike } from "../endpoint.ts";
import { startRun, type Run, type Tell, type Work } from "./runs.ts";
import type { Asked, SentFolder, Served } from "../wire.ts";
import { kept, works, type Backends, type Call, type Held, type OpenOwn } from "./works.ts";

export type ServeConfig = {
  /** Functions that make a backend, by names of the caller's own; each is called with the options that it is asked for with. */
  readonly backends: Backends;
  /** Opens what `loadModel` is given outside as `{ own: … }`: data of the caller's own, which says where a model lies. */
  readonly open?: OpenOwn;
  /** Who is listened to: in Node `parentPort`. Default: the worker itself, in a browser. */
  readonly port?: WorkerLike | null;
};

const startWork = (call: Omit<Call, "args" | "listeners">, { work, args, listeners }: Asked): Work => {
  const start = Object.hasOwn(works, work) ? works[work] : undefined;
  if (start === undefined) throw new TypeError(`serveModels: the work must be one that there is, got ${show(work)}`);
  const told = listeners.map((name) => [name, (...values: readonly unknown[]) => call.tell(name, ...values)] as const);
  return start({ ...call, args: args as readonly never[], listeners: Object.fromEntries(told) });
};

/** What throws before it runs fails as a run does. */
const failing = (error: unknown): Work => ({ next: () => Promise.reject(error), return: async () => undefined });

/** Holds a lock as long as this worker lives. */
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
 * @throws TypeError for a key that is not known, for a backend that is no function, and where there is nobody to listen to
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
  let names = 0;
  const held: Held = {
    ...{
      opened: new Map(),
      models: new Map(),
      caches: new Map(),
      prefixes: new Map(),
      chats: new Map(),
      folders: new Map(),
    },
    name: () => (names += 1),
  };
  const runs = new Map<number, Run>();
  const runOf = (id: number): Run => kept("serveModels: the run must be one", runs, id);
  const served: Served = {
    hello: holdLock,
    start: async (asked, sent) => {
      const folder = sent as unknown as Remote<SentFolder> | undefined;
      const id = held.name();
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
