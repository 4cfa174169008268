/** Bundles a page's script with all that it imports, and finds the runtime's own files that must lie beside it. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** `runtime` is the folder of ONNX Runtime's files. */
export type Bundle = { readonly script: Uint8Array; readonly runtime: string };

/**
 * @param page - the script's address, as a file's URL
 * @param importer - a file of the package whose onnxruntime-web the page runs, by a name that the page could import
 */
export const bundlePage = async (page: URL, importer: string): Promise<Bundle> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(page)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    // The runtime's files stay files: a worker of its threads loads them by address.
    conditions: ["@ropewalk/source", "onnxruntime-web-use-extern-wasm"],
    logLevel: "error",
  });
  const ofImporter = createRequire(createRequire(page).resolve(importer));
  return { script: outputFiles[0]!.contents, runtime: dirname(ofImporter.resolve("onnxruntime-web")) };
};
