/**
 * Finds out whether a worker still lives. A worker thread reports its end. A Web Worker that is terminated, or that its browser ends, reports
 * nothing; but a lock that it holds becomes free then, and a request that waits for the lock is granted.
 */
import { isNodeWorker, type WorkerLike } from "../endpoint.ts";

export type Life = {
  /** Waits for the promise. Rejects if the worker ends first. */
  readonly guard: <Result>(where: string, promise: Promise<Result>) => Promise<Result>;
  /** Says in words why the worker ended. Undefined while it lives. */
  readonly ended: () => string | undefined;
  /** Waits for a lock that the worker holds already. Does nothing where there are no locks. */
  readonly watchLock: (name: string) => void;
};

const deadWorker = (where: string, why: string): Error =>
  new Error(`${where}: the worker must be alive, got one that ${why}`);

type ErrorLike = { readonly message?: string };

const failure = ({ message }: ErrorLike): string => (message ? `failed: ${message}` : "failed, or could not be loaded");

export const lifeOf = (worker: WorkerLike): Life => {
  let ended: string | undefined;
  const waiting = new Map<symbol, (why: string) => void>();
  const end = (why: string): void => {
    ended ??= why;
    for (const reject of waiting.values()) reject(ended);
    waiting.clear();
  };
  if (isNodeWorker(worker)) {
    worker.on("error", (error) => end(failure(error as ErrorLike)));
    worker.on("exit", (code) => end(`ended with the exit code ${code}`));
  } else worker.addEventListener("error", (event) => end(failure(event as ErrorLike)));
  return {
    ended: () => ended,
    guard: async (where, promise) => {
      if (ended !== undefined) throw deadWorker(where, ended);
      const key = Symbol(where);
      try {
        return await Promise.race([
          promise,
          new Promise<never>((_, reject) => waiting.set(key, (why) => reject(deadWorker(where, why)))),
        ]);
      } finally {
        waiting.delete(key);
      }
    },
    watchLock: (name) =>
      void globalThis.navigator?.locks?.request(name, () => end("was terminated, or ended by its browser")),
  };
};
