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

export type SourceFile = { readonly path: string; readonly imports: readonly string[] };

/** The TypeScript files below a folder. */
export const filesBelow = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/**/*.ts`, { exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(String(path)) })
    .map((path) => path.replaceAll("\\", "/"))
    .map((path) => ({ path, imports: importsOf(readFileSync(path, "utf8")) }));
