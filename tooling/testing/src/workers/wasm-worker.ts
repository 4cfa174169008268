/** Serves models on WebAssembly from a Web Worker. */
import { wasm } from "@ropewalk/backend-wasm";
import { serveModels } from "@ropewalk/generation/worker";

serveModels({ backends: { wasm } });
