/** What a file of code imports, by specifier: every form in which one file names another. */
import { globSync, readFileSync } from "node:fs";

const quoted = /["'`]([^"'`\s$]+)["'`]/.source;

/** The forms: statements, a bare import, calls that take a specifier, and an address beside the file that ends as code does. */
const forms = new RegExp(
  [
    String.raw`^[ \t]*(?:import|export)\s[^"'\`;]*?\bfrom\s*${quoted}`,
    String.raw`^[ \t]*import\s*${quoted}`,
    String.raw`\b(?:import|require|import\.meta\.resolve|createRequire\([^()]*\)|vi\.(?:do)?[mM]ock)\s*\(\s*${quoted}`,
    String.raw`\bnew URL\(\s*["'\`](\.[^"'\`\s$]*\.[cm]?[jt]sx?)["'\`]\s*,\s*import\.meta\.url`,
  ].join("|"),
  "gm",
);

/** A comment begins behind a space or a bracket; in a string, as of a pattern of files, its signs mostly do not. */
const comments = /(?<![^\s(])\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

export const importsOf = (source: string): readonly string[] =>
  [...source.replace(comments, "").matchAll(forms)].map(
    ([, named, bare, called, address]) => (named ?? bare ?? called ?? address)!,
  );

/** The package that a specifier names: `@scope/name`, `name`, `node:` for Node's own modules; undefined for a path. */
export const packageOf = (name: string): string | undefined => {
  if (/^[.#]/.test(name)) return undefined;
  if (name.startsWith("node:")) return "node:";
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
};

export type SourceFile = {
  readonly path: string;
  readonly imports: readonly string[];
  /** Strings that name something in a `test/` folder: from the repository's root, or from the file where they begin with a dot. */
  readonly testPaths?: readonly string[];
};

const testPath = /["'`]((?:\.{1,2}\/|packages\/|apps\/)[^"'`$\s]*\/test(?:\/[^"'`$\s]*|(?=["'`])))/g;

const readSourceFile = (path: string): SourceFile => {
  const source = readFileSync(path, "utf8");
  const testPaths = [...source.matchAll(testPath)].map(([, found]) => found!);
  return { path: path.replaceAll("\\", "/"), imports: importsOf(source), testPaths };
};

/** Folders of what is installed, built, or written by a test that runs the READMEs. */
const built = /(^|[\\/])(node_modules|dist|\.snippets|\.vitepress[\\/]cache)$/;

/** The files of code below a folder, TypeScript and JavaScript alike. */
export const filesBelow = (folder: string): readonly SourceFile[] =>
  globSync([`${folder}/**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}`, `${folder}/.*/**/*.{ts,mts,js,mjs}`], {
    exclude: (path) => built.test(String(path)),
  }).map(readSourceFile);
