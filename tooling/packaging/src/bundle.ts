/** What a program pays that imports something: the bytes of it, bundled from the sources and minified, then gzipped. */
import { build, type BuildOptions, type Plugin } from "esbuild";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

export const gzipped = (text: string): number => gzipSync(text, { level: 9 }).length;

/** Modules that are texts, named by their numbers. */
const texts = (contents: readonly string[]): Plugin => ({
  name: "texts",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^text:\d+$/ }, ({ path }) => ({ path, namespace: "texts" }));
    onLoad({ filter: /.*/, namespace: "texts" }, ({ path }) => ({
      contents: contents[Number(path.slice("text:".length))]!,
      resolveDir: import.meta.dirname,
    }));
  },
});

/** Bundles modules, each by itself: in one build, which reads what they share once. */
export const bundles = async (contents: readonly string[], options: BuildOptions = {}): Promise<readonly string[]> => {
  const { outputFiles } = await build({
    entryPoints: contents.map((_, index) => ({ in: `text:${index}`, out: String(index) })),
    outdir: ".",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2023",
    conditions: ["@ropewalk/source"],
    ...options,
    plugins: [texts(contents), ...(options.plugins ?? [])],
  });
  return contents.map((_, index) => outputFiles!.find(({ path }) => basename(path) === `${index}.js`)!.text);
};

/** Runtimes are no part of a bundle's size: each is megabytes of its own, and the same ones whatever is picked. */
const runtimes = ["onnxruntime-*", "@huggingface/transformers"];

export const forPage: BuildOptions = {
  platform: "browser",
  conditions: ["browser", "@ropewalk/source"],
  external: ["node:*", ...runtimes],
};

export const forNode: BuildOptions = { platform: "node", external: runtimes };
