/** Web workers where Node has none, for jax-js, which spreads its WebAssembly over them if it finds any. */
import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

/** What a worker of a page has, in a thread's words. */
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

/** Called with `new`, it gives this object. The source is read before the page lets go of its address. */
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

/** Makes `Worker` global, and says that there are as many processors. To be called before jax-js is imported. */
export const provideWorkers = (count: number): void => {
  Object.assign(globalThis, { Worker: startWorker });
  Object.defineProperty(navigator, "hardwareConcurrency", { value: count });
};
