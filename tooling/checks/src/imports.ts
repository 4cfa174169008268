/** What a TypeScript file imports, by specifier: static, dynamic and type imports alike. */
import { globSync, readFileSync } from "node:fs";

const specifier = /(?:(?<!")\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"([^"\s]+)"/g;

export const importsOf = (source: string): readonly string[] =>
  [...source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "").matchAll(specifier)].map(([, name]) => name!);

/** The package that a specifier names: `@scope/name`, `name`, `node:` for Node's own modules; undefined for one of its own. */
export const packageOf = (name: string): string | undefined => {
  if (/^[.#]/.test(name)) return undefined;
  if (name.startsWith("node:")) return "node:";
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
};

export type SourceFile = { readonly path: string; readonly imports: readonly string[] };

export const sourceFiles = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/src/**/*.ts`).map((path) => ({ path, imports: importsOf(readFileSync(path, "utf8")) }));
