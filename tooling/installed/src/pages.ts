/** The page that is bundled: what READMEs say a page does, word for word, and every entry of every package. */
import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import type { App } from "./app.ts";
import { published } from "../../packaging/src/published.ts";

/** The one block of a README that has all of these words. */
const blockOf = (readme: string, ...words: readonly string[]): string => {
  const blocks = [...readFileSync(readme, "utf8").matchAll(/^```ts[^\n]*\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  const [found, ...others] = blocks.filter((code) => words.every((word) => code.includes(word)));
  if (found === undefined || others.length > 0)
    throw new RangeError(
      `blockOf: ${readme} must have one block with ${words.join(", ")}, got ${others.length + (found ? 1 : 0)}`,
    );
  return found;
};

/** Entries that a page may import: all but those of the command line, which has none, and of the server, whose metrics need Node. */
export const entries: readonly string[] = published
  .filter(({ name }) => name !== "@ropewalk/server")
  .flatMap((each) => each.entries);

const everything = (): string =>
  [
    ...entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};`),
    `export const names = {${entries.map((entry, index) => `${JSON.stringify(entry)}: Object.keys(entry${index}).toSorted()`).join(", ")}};`,
  ].join("\n");

const readme = (name: string): string => `packages/${name}/README.md`;

/** Each a module of the page, with what it gives out behind the README's block. */
const recipes = (prompt: string): Readonly<Record<string, string>> => ({
  everything: everything(),
  story: blockOf(readme("tiny-models"), "openUrl(stories260K)"),
  graph: `${blockOf(readme("backend-webgpu"), 'graph.op("Neg"')}\nexport { y };`,
  portable: `${blockOf(readme("transformers-js"), "pipeline(", "window: 1024 }) });")}\nexport { generator };`,
  // The prompt that it leaves out is put in.
  ropewalk: `${blockOf(readme("transformers-js"), "withRopewalk(").replace('"…"', JSON.stringify(prompt))}\nexport { generator };`,
});

/** @param prompt - for the recipe that has a place for one */
export const writePage = ({ write }: App, prompt: string): void => {
  const modules = Object.entries(recipes(prompt));
  for (const [name, code] of modules) write(`src/${name}.js`, transformSync(code, { loader: "ts" }).code);
  const imports = modules.map(([name]) => `${name}: () => import("./${name}.js")`);
  write("src/index.js", `globalThis.recipes = { ${imports.join(", ")} };\n`);
  write("index.html", '<!doctype html><body><script type="module" src="/src/index.js"></script></body>');
};
