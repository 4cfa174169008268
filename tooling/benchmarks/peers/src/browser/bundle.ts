/** A page's script with all that it imports, and the folder of the runtime's own files that lie beside it. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export type Bundle = { readonly script: Uint8Array; readonly runtime: string };

/** @param importer - the package whose onnxruntime-web the page runs */
export const bundlePage = async (page: string, importer: string): Promise<Bundle> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(page, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    // The runtime's files stay files: a worker of its threads loads them by address.
    conditions: ["@ropewalk/source", "onnxruntime-web-use-extern-wasm"],
    logLevel: "error",
  });
  const from = createRequire(createRequire(import.meta.url).resolve(importer));
  return { script: outputFiles[0]!.contents, runtime: dirname(from.resolve("onnxruntime-web")) };
};
