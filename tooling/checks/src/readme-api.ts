/** A package's exports against its README: what the part "API" lists is exported, and every exported value is named somewhere in the README. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportedNames } from "./exported-names.ts";

type Exports = string | { readonly [condition: string]: Exports };

/** Source files that the entries of a package.json lead to, under any condition. */
const sourcesOf = (exports: Exports): readonly string[] =>
  typeof exports === "string"
    ? /^\.\/src\/.*\.ts$/.test(exports) && !exports.includes("*")
      ? [exports]
      : []
    : Object.values(exports).flatMap(sourcesOf);

/** Every name that can be imported from a package, through any of its entries. */
export const namesOfPackage = (folder: string): ReadonlySet<string> => {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly exports?: Exports };
  return new Set(sourcesOf(manifest.exports ?? {}).flatMap((path) => [...exportedNames(join(folder, path))]));
};

/** The pieces of code that a line of a list opens with: "- `a(b)`, `c`: …" has `a(b)` and `c`. */
const openingCode = (line: string): readonly string[] => {
  const [, opening = ""] = /^- ((?:`[^`]+`(?:, and |, | and | or |; )?)+)/.exec(line) ?? [];
  return [...opening.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
};

/** An exported name; not an entry (`@ropewalk/…`), nor a member of a value (`model.generate(…)`). */
const listedName = (code: string): readonly string[] => {
  const [, name, behind] = /^([A-Za-z_$][\w$]*)(.?)/.exec(code) ?? [];
  return name === undefined || behind === "." ? [] : [name];
};

/** The names that the part "API" lists: each line of a list opens with what it is about. */
export const listedNames = (readme: string): readonly string[] => {
  const [, api = ""] = /^## API\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(readme) ?? [];
  return api.split("\n").flatMap(openingCode).flatMap(listedName);
};

const wordsInCode = (readme: string): ReadonlySet<string> => {
  const prose = readme.replace(/^```[\s\S]*?^```$/gm, "");
  return new Set([...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code!.match(/[\w$]+/g) ?? []));
};

/** Types begin with a capital letter, and may go without a word: those who read a function's line find them by its types. */
const isType = (name: string): boolean => /^[A-Z]/.test(name);

export const apiProblems = (names: ReadonlySet<string>, readme: string): readonly string[] => {
  const named = wordsInCode(readme);
  return [
    ...listedNames(readme)
      .filter((name) => !names.has(name))
      .map((name) => `lists ${name}, which is not exported`),
    ...[...names].filter((name) => !isType(name) && !named.has(name)).map((name) => `does not name ${name}`),
  ];
};
