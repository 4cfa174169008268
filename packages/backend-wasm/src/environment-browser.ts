/** Stands in place of `environment.ts` in a browser: the runtime fetches its own .wasm file, and weights are bytes. */
import type * as Node from "./environment.ts";

export const locateBinary: typeof Node.locateBinary = async () => undefined;

export const readExternal: typeof Node.readExternal = async (external) => {
  if (external.kind === "bytes") return { path: external.file, data: external.data };
  throw new TypeError(`wasm: ${external.file} must be given as bytes in a browser, got the path ${external.folder}`);
};
