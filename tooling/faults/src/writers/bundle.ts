/**
 * The command and the programs of this room, each in a few files of JavaScript. A process that is killed a hundred times spends its time on what it
 * writes then, and not on reading sources.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { repositoryPath } from "@ropewalk/testing/repository";

const sources = {
  ropewalk: "apps/cli/src/main.ts",
  // The command looks for it beside itself.
  worker: "apps/cli/src/pool/worker.ts",
  download: "tooling/faults/src/programs/download.ts",
  load: "tooling/faults/src/programs/load.ts",
  "dying-worker": "tooling/faults/src/programs/dying-worker.ts",
  "with-dying-worker": "tooling/faults/src/programs/with-dying-worker.ts",
};

// Below the packages that are not bundled, so that they are found.
const above = mkdtempSync(repositoryPath("node_modules/.ropewalk-faults-"));
process.once("exit", () => rmSync(above, { recursive: true, force: true }));
// The command reads it for its version.
copyFileSync(repositoryPath("apps/cli/package.json"), join(above, "package.json"));
const folder = join(above, "src");

await build({
  entryPoints: Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, repositoryPath(path)])),
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  conditions: ["@ropewalk/source"],
  external: ["onnxruntime-node", "webgpu"],
  banner: { js: `import { createRequire as needing } from "node:module"; const require = needing(import.meta.url);` },
  logLevel: "error",
});

/** The path of what was bundled under that name. */
export const bundled = (name: keyof typeof sources): string => join(folder, `${name}.js`);

/** Variables for processes that run it: what is compiled is kept. */
export const compileCache: Readonly<Record<string, string>> = { NODE_COMPILE_CACHE: join(folder, "compiled") };
