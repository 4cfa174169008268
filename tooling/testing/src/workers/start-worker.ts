/** Workers that serve models from the sources: a thread of Node on the CPU, and the script of a Web Worker on WebAssembly. */
import { Worker } from "node:worker_threads";

/** The script of a Web Worker on WebAssembly, for `bundlePage`. */
export const wasmWorkerScript: URL = new URL("wasm-worker.ts", import.meta.url);

/** A thread that serves models on the CPU. */
export const startCpuWorker = (): Worker =>
  new Worker(new URL("cpu-worker.ts", import.meta.url), { execArgv: ["--conditions=@ropewalk/source"] });
