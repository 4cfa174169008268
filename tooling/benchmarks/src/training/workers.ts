/** Web workers for jax-js, which spreads its WebAssembly over them. Node has none of its own. */
import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

/** The globals of a web worker, made from those of a thread. */
const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

type PageWorker = {
  onmessage?: (event: { readonly data: unknown }) => void;
  onerror?: (error: unknown) => void;
  readonly postMessage: (message: unknown) => void;
};

/** A constructor that gives this object. It reads the source before the page revokes its URL. */
function startWorker(url: string): PageWorker {
  const thread = resolveObjectURL(url)!
    .text()
    .then((source) => {
      const started = new Thread(prelude + source, { eval: true });
      started.on("message", (data: unknown) => worker.onmessage?.({ data }));
      started.on("error", (error) => worker.onerror?.(error));
      return started;
    });
  const worker: PageWorker = { postMessage: (message) => void thread.then((started) => started.postMessage(message)) };
  return worker;
}

/** Defines the global `Worker` and the number of processors. It must be called before jax-js is imported. */
export const provideWorkers = (count: number): void => {
  Object.assign(globalThis, { Worker: startWorker });
  Object.defineProperty(navigator, "hardwareConcurrency", { value: count });
};
