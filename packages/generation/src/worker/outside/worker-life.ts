/**
 * Finds out whether a worker still lives. A worker thread reports its end, and a port that it is closed. A Web Worker that is terminated, or
 * that its browser ends, reports nothing; but a lock that it holds becomes free then, and a request that waits for the lock is granted. A
 * message that cannot be read ends a worker too: whoever waits for it would wait for ever.
 */
import { isNodeWorker, type WorkerLike } from "../endpoint.ts";

export type Life = {
  /** Waits for the promise. Rejects if the worker ends first, with what ended it as the error's cause, where that is known. */
  readonly guard: <Result>(where: string, promise: Promise<Result>) => Promise<Result>;
  /** Says in words why the worker ended. Undefined while it lives. */
  readonly ended: () => string | undefined;
  /** Waits for a lock that the worker holds already. Does nothing where there are no locks. */
  readonly watchLock: (name: string) => void;
};

/** Why a worker ended, in words, and the error that ended it, as far as one is known. */
type End = { readonly why: string; readonly cause?: unknown };

const deadWorker = (where: string, { why, ...known }: End): Error =>
  new Error(`${where}: the worker must be alive, got one that ${why}`, known);

/** A thread's error, or a page's event about one, which does not always have the error itself. */
type Failure = { readonly message?: string; readonly error?: unknown };

const failure = (failed: Failure): End => {
  const { message, error = failed instanceof Error ? failed : undefined } = failed;
  const why = message ? `failed: ${message}` : "failed, or could not be loaded";
  return error === undefined || error === null ? { why } : { why, cause: error };
};

export const lifeOf = (worker: WorkerLike): Life => {
  let ended: End | undefined;
  const waiting = new Map<symbol, (end: End) => void>();
  const end = (how: End): void => {
    ended ??= how;
    for (const reject of waiting.values()) reject(ended);
    waiting.clear();
  };
  const listen = (type: "close" | "error" | "exit" | "messageerror", how: (event: unknown) => End): void => {
    const listener = (event: unknown): void => end(how(event));
    if (isNodeWorker(worker)) worker.on(type, listener);
    else worker.addEventListener(type, listener);
  };
  listen("error", (event) => failure(event as Failure));
  listen("messageerror", () => ({ why: "sent a message that could not be read" }));
  if (isNodeWorker(worker)) listen("exit", (code) => ({ why: `ended with the exit code ${String(code)}` }));
  else listen("close", () => ({ why: "closed its port" }));
  return {
    ended: () => ended?.why,
    guard: async (where, promise) => {
      if (ended !== undefined) throw deadWorker(where, ended);
      const key = Symbol(where);
      try {
        return await Promise.race([
          promise,
          new Promise<never>((_, reject) => waiting.set(key, (how) => reject(deadWorker(where, how)))),
        ]);
      } finally {
        waiting.delete(key);
      }
    },
    watchLock: (name) =>
      void globalThis.navigator?.locks?.request(name, () => end({ why: "was terminated, or ended by its browser" })),
  };
};
