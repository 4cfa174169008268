/** The names that a module exports, types included, read out of its source. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** `a`, `type A` and `a as b` of an export list, by the name that others import. */
const namesOfList = (list: string): readonly string[] =>
  list
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => part.split(/\s+as\s+/).at(-1)!);

export const exportedNames = (path: string): ReadonlySet<string> => {
  const source = withoutComments(readFileSync(path, "utf8"));
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => namesOfList(list!));
  const declared = [
    ...source.matchAll(
      /^export (?:declare |abstract )?(?:const|let|type|interface|class|enum|(?:async )?function\*?|\* as)\s+(\w+)/gm,
    ),
  ].map(([, name]) => name!);
  const all = [...source.matchAll(/^export \* from "(\.[^"]+)"/gm)].flatMap(([, target]) => [
    ...exportedNames(join(dirname(path), target!)),
  ]);
  return new Set([...lists, ...declared, ...all]);
};
