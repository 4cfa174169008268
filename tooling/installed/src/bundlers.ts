/** Bundlers as people run them: on a page whose script is src/index.js, without a config. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { App } from "./app.ts";

const run = promisify(execFile);
const tools = new URL("../tools/", import.meta.url);
const tool = (path: string): string => new URL(`node_modules/${path}`, tools).pathname;

/** A built page: a folder to serve. Or one that a development server serves, until it is closed. */
export type Site = {
  readonly folder?: string;
  readonly address: string;
  readonly close: () => Promise<void>;
};

export type Bundler = { readonly name: string; readonly build: (app: App) => Promise<Site> };

/** Nothing is served from there: the browser is handed the folder's files. */
const builtAt = "https://app.example/";

const builtIn = (folder: string): Site => ({ folder, address: builtAt, close: async () => {} });

const vite = (version: number): Bundler => ({
  name: `Vite ${version}`,
  build: async ({ folder }) => {
    const out = join(folder, `vite-${version}`);
    await run(process.execPath, [tool(`vite-${version}/bin/vite.js`), "build", "--outDir", out], { cwd: folder });
    return builtIn(out);
  },
});

const viteDev = (version: number): Bundler => ({
  name: `Vite ${version}, its development server`,
  build: ({ folder }) =>
    new Promise((resolve, reject) => {
      const server = spawn(process.execPath, [tool(`vite-${version}/bin/vite.js`)], {
        cwd: folder,
        env: { ...process.env, NO_COLOR: "1" },
      });
      const close = async (): Promise<void> => {
        server.kill("SIGKILL");
        await once(server, "close");
      };
      let said = "";
      const hear = (text: unknown): void => {
        said += String(text);
        const [, address] = /Local:\s+(http\S+)/.exec(said) ?? [];
        if (address !== undefined) resolve({ address, close });
      };
      server.stdout.on("data", hear);
      server.stderr.on("data", hear);
      server.on("exit", () => reject(new Error(said)));
    }),
});

const esbuild: Bundler = {
  name: "esbuild",
  build: async ({ folder }) => {
    const out = join(folder, "esbuild");
    const flags = ["--bundle", "--format=esm", "--splitting", `--outdir=${out}`];
    await run(tool(".bin/esbuild"), ["src/index.js", ...flags], { cwd: folder });
    writeFileSync(join(out, "index.html"), '<!doctype html><script type="module" src="index.js"></script>');
    // It leaves `new URL(file, import.meta.url)` as it is and copies nothing: the READMEs say what to copy.
    const installed = join(folder, "node_modules");
    for (const runtime of ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.asyncify.wasm"])
      cpSync(join(installed, "onnxruntime-web/dist", runtime), join(out, runtime));
    cpSync(join(installed, "@ropewalk/tiny-models/stories260K"), join(out, "stories260K"), { recursive: true });
    return builtIn(out);
  },
};

const webpackScript = (out: string): string => `
require(${JSON.stringify(tool("webpack"))})({ mode: "production", output: { path: ${JSON.stringify(out)} } }, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString("errors-only"));
});`;

const webpack: Bundler = {
  name: "webpack",
  build: async ({ folder }) => {
    const out = join(folder, "webpack");
    await run(process.execPath, ["--input-type=commonjs", "-e", webpackScript(out)], { cwd: folder });
    writeFileSync(join(out, "index.html"), '<!doctype html><body><script src="main.js"></script></body>');
    return builtIn(out);
  },
};

export const bundlers: readonly Bundler[] = [vite(8), viteDev(8), vite(7), esbuild, webpack];
