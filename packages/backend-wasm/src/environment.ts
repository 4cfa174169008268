/** What Node does differently from a browser: finding the .wasm file, starting the runtime and reading weights by path. */
import type { ExternalData } from "@ropewalk/backend";
import type * as Runtime from "onnxruntime-web/wasm";

const inNode = (): boolean => typeof process !== "undefined" && process.versions?.node !== undefined;

/** The runtime's binary from node_modules in Node; in a browser the runtime fetches its own. */
export const locateBinary = async (): Promise<ArrayBuffer | undefined> => {
  if (!inNode()) return undefined;
  const [{ createRequire }, { readFile }] = await Promise.all([import("node:module"), import("node:fs/promises")]);
  const path = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  return new Uint8Array(await readFile(path)).buffer;
};

/** Starts the runtime where that may fail for want of its file: in a browser, before weights are fetched. */
export const startRuntime = async (_runtime: typeof Runtime): Promise<void> => {};

/** External data as bytes. @throws TypeError for a path in a browser. */
export const readExternal = async (external: ExternalData): Promise<{ path: string; data: Uint8Array }> => {
  if (external.kind === "bytes") return { path: external.file, data: external.data };
  if (!inNode())
    throw new TypeError(`wasm: ${external.file} must be given as bytes in a browser, got the path ${external.folder}`);
  const [{ readFile }, { join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  return { path: external.file, data: await readFile(join(external.folder, external.file)) };
};
