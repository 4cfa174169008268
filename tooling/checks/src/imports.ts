/** What a TypeScript file imports, by specifier: static, dynamic and type imports alike. */
import { globSync, readFileSync } from "node:fs";

const statement =
  /^[ \t]*(?:import|export)\s[^"'`;]*?\bfrom\s*"([^"\s$]+)"|^[ \t]*import\s*"([^"\s$]+)"|\bimport\s*\(\s*"([^"\s$]+)"/gm;

export const importsOf = (source: string): readonly string[] =>
  [...source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "").matchAll(statement)].map(
    ([, named, bare, dynamic]) => (named ?? bare ?? dynamic)!,
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

const testPath = /["'`]((?:\.{1,2}\/|packages\/|apps\/)[^"'`$\s]*\/test\/[^"'`$\s]*)/g;

const readSourceFile = (path: string): SourceFile => {
  const source = readFileSync(path, "utf8");
  const testPaths = [...source.matchAll(testPath)].map(([, found]) => found!);
  return { path: path.replaceAll("\\", "/"), imports: importsOf(source), testPaths };
};

/** The TypeScript files below a folder. */
export const filesBelow = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/**/*.ts`, { exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(String(path)) }).map(
    readSourceFile,
  );
