/** The glossary: one word a line, sorted, and every README links to it. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";
import { linksOf } from "../src/links.ts";

const page = readFileSync("docs/glossary.md", "utf8");
const entries = page.split("\n").filter((line) => line.startsWith("- "));
const words = entries.map((line) => /^- \*\*(.+?)\*\*: /.exec(line)?.[1]?.toLowerCase() ?? line);

const readmes = globSync("{README.md,{packages,apps,examples,tooling}/**/README.md}", {
  exclude: (path) => path === "node_modules" || path.endsWith("/node_modules"),
}).filter((path) => !path.includes("node_modules") && !/(^|\/)test\//.test(path.replaceAll("\\", "/")));

it.each(readmes)("%s links to the glossary", (readme) => {
  const targets = linksOf(readFileSync(readme, "utf8")).map(({ target }) => normalize(join(dirname(readme), target)));
  expect(targets).toContain(normalize("docs/glossary.md"));
});

it("explains each word in one line that ends in a full stop", () => {
  expect(entries.filter((line) => !/^- \*\*[^*]+\*\*: .+\.$/.test(line))).toEqual([]);
  expect(words.length).toBeGreaterThan(50);
});

it("has each word once, in the order of the alphabet", () => {
  expect(words).toEqual([...new Set(words)].toSorted((a, b) => a.localeCompare(b, "en")));
});
