/** What a file of code imports, by specifier: every form in which one file names another. */
import { globSync, readFileSync } from "node:fs";

/** A text between quotes; in backticks it may go on with values, which stand as they are written: `./${name}.ts`. */
const text = /(?:"([^"\s$][^"\s]*)"|'([^'\s$][^'\s]*)'|`([^`\s$](?:[^`\s$]|\$\{[^}]*\})*)`)/.source;

/** The forms: statements, also behind another on a line, a bare import, and calls that take a specifier. */
const forms = new RegExp(
  [
    String.raw`(?:^|;)[ \t]*(?:import|export)\s[^"'\`;]*?\bfrom\s*${text}`,
    String.raw`(?:^|;)[ \t]*import\s*${text}`,
    String.raw`\b(?:import|require(?:\.resolve)?|import\.meta\.resolve|createRequire\([^()]*\)|vi\.(?:do)?[mM]ock)\s*\(\s*${text}`,
  ].join("|"),
  "gm",
);

/** An address beside the file that ends as code does. */
const address = /\bnew URL\(\s*["'`](\.(?:[^"'`\s$]|\$\{[^}]*\})*\.[cm]?[jt]sx?)["'`]\s*,\s*import\.meta\.url/g;

/** What only the compiler reads: `/// <reference path="…" />` and `types="…"`. */
const reference = /^\s*\/\/\/\s*<reference\s+(path|types)\s*=\s*["']([^"']+)["']/gm;

/** A comment begins behind a space or a bracket; in a string, as of a pattern of files, its signs mostly do not. */
const comments = /(?<![^\s(])\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

const referencesOf = (source: string): readonly string[] =>
  [...source.matchAll(reference)].map(([, kind, name]) =>
    kind === "path" && !name!.startsWith(".") ? `./${name}` : name!,
  );

export const importsOf = (source: string): readonly string[] => {
  const code = source.replace(comments, "");
  const found = [...code.matchAll(forms), ...code.matchAll(address)].toSorted((a, b) => a.index - b.index);
  return [...referencesOf(source), ...found.map(([, ...groups]) => groups.find((group) => group !== undefined)!)];
};

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

const testPath =
  /["'`]((?:\.{1,2}\/|packages\/|apps\/)(?:[^"'`$\s]|\$\{[^}]*\})*\/test(?:\/(?:[^"'`$\s]|\$\{[^}]*\})*|(?=["'`])))/g;

/** A call that joins a path of its arguments, without calls inside them. */
const joined = /\b(?:join|resolve)\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g;

/** The path that such a call gives: texts as they are, and a stand-in for every other argument. */
const joinedPath = (args: string): string =>
  args
    .split(",")
    .map((part) => /^\s*["'`]([^"'`]*)["'`]\s*$/.exec(part)?.[1] ?? "…")
    .join("/");

/** Such a path, from where it is one of the repository's or leads up. */
const joinedTestPath = /(?:^|\/)((?:packages|apps|\.\.)\/.+?\/test(?:\/.*)?)$/;

/** Places in a `test/` folder that a source names: in one text, or as the parts of a joined path. */
export const testPathsOf = (source: string): readonly string[] => [
  ...[...source.matchAll(testPath)].map(([, found]) => found!),
  ...[...source.matchAll(joined)].flatMap(([, args]) => joinedTestPath.exec(joinedPath(args!))?.[1] ?? []),
];

const readSourceFile = (path: string): SourceFile => {
  const source = readFileSync(path, "utf8");
  return { path: path.replaceAll("\\", "/"), imports: importsOf(source), testPaths: [...new Set(testPathsOf(source))] };
};

/** Folders of what is installed, built, or written by a test that runs the READMEs. */
const built = /(^|[\\/])(node_modules|dist|\.snippets|\.vitepress[\\/]cache)$/;

/** The files of code below a folder, TypeScript and JavaScript alike. */
export const filesBelow = (folder: string): readonly SourceFile[] =>
  globSync([`${folder}/**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}`, `${folder}/.*/**/*.{ts,mts,js,mjs}`], {
    exclude: (path) => built.test(String(path)),
  }).map(readSourceFile);
