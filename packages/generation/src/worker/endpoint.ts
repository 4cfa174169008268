/** Treats the two kinds of worker alike: workers of pages have DOM events, workers of Node are event emitters. */
import { check } from "@ropewalk/check";
import type { Endpoint } from "comlink";

type Listener = (event: unknown) => void;

// Written with methods and unspecific parameters, so that the types of the DOM and of Node both fit and neither has to be imported.

/** A Web Worker, or a port of either kind. */
type DomWorker = {
  postMessage(message: unknown, transfer: never): void;
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
};

type NodeEvent = "message" | "messageerror" | "error" | "exit" | "close";

/** A worker thread of Node. */
type NodeWorker = {
  postMessage(message: unknown, transfer?: never): void;
  on(type: NodeEvent, listener: Listener): unknown;
  off(type: NodeEvent, listener: Listener): unknown;
};

export type WorkerLike = DomWorker | NodeWorker;

export const isNodeWorker = (worker: WorkerLike): worker is NodeWorker => !("addEventListener" in worker);

/** @throws TypeError for a value that messages cannot be sent to */
export const checkWorker = (where: string, name: string, worker: WorkerLike): void =>
  check(
    typeof (worker as Partial<DomWorker> | null | undefined)?.postMessage === "function",
    `${where}: ${name} must be a Web Worker, a worker thread or a port`,
    worker,
    "function",
  );

const nodeEndpoint = (worker: NodeWorker): Endpoint => {
  const wrapped = new Map<unknown, Listener>();
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as unknown as never),
    addEventListener: (type, listener) => {
      const listen = (data: unknown): void => {
        const event = { data } as MessageEvent;
        if (typeof listener === "function") listener(event);
        else listener.handleEvent(event);
      };
      wrapped.set(listener, listen);
      worker.on(type as "message", listen);
    },
    removeEventListener: (type, listener) => {
      const listen = wrapped.get(listener);
      if (listen !== undefined) worker.off(type as "message", listen);
      wrapped.delete(listener);
    },
  };
};

export const endpointOf = (worker: WorkerLike): Endpoint =>
  isNodeWorker(worker) ? nodeEndpoint(worker) : (worker as Endpoint);
