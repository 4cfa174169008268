/** Stands in place of `environment.ts` in a browser: the runtime fetches its own .wasm file, and weights are bytes. */
import { startInPage } from "@ropewalk/backend/host";
import type * as Node from "./environment.ts";

export const locateBinary: typeof Node.locateBinary = async () => undefined;

/** A page has one runtime. When its start has failed, it fails again until the page is loaded anew. */
let started: Promise<void> | undefined;

export const startRuntime: typeof Node.startRuntime = ({ InferenceSession }) =>
  (started ??= startInPage("wasm", "ort-wasm-simd-threaded.wasm", (model) =>
    InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 4 }),
  ));

export const readExternal: typeof Node.readExternal = async (external) => {
  if (external.kind === "bytes") return { path: external.file, data: external.data };
  throw new TypeError(`wasm: ${external.file} must be given as bytes in a browser, got the path ${external.folder}`);
};
