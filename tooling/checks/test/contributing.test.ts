/** CONTRIBUTING.md follows a token and a weight through the packages: every path that it names is there. So is every test that a page runs. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const text = readFileSync("CONTRIBUTING.md", "utf8");

it.each(["The way of a token", "The way of a weight"])(
  "%s takes ten steps, and names paths that are there",
  (title) => {
    const section = text.split(`## ${title}\n`)[1]!.split("\n## ")[0]!;
    expect(section.match(/^\d+\. /gm)).toEqual(Array.from({ length: 10 }, (_, step) => `${step + 1}. `));
    const paths = [...section.matchAll(/`([\w-]+\/[\w./-]+)`/g)].map(([, path]) => path!);
    expect(paths.length).toBeGreaterThan(9);
    expect(paths.filter((path) => path !== "packages/" && !existsSync(`packages/${path}`))).toEqual([]);
  },
);

it("names scripts that are there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Readonly<Record<string, string>> };
  const named = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script!);
  expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});

it("lists every script", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Readonly<Record<string, string>> };
  const listed = new Set(
    text
      .split("## Commands\n")[1]!
      .split("```")[1]!
      .match(/[\w:-]+/g),
  );
  expect(Object.keys(scripts).filter((script) => !listed.has(script))).toEqual([]);
});

it("docs/design.md names files of packages that are there", () => {
  const design = readFileSync("docs/design.md", "utf8");
  const paths = [...design.matchAll(/`([\w-]+\/src\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(paths.filter((path) => !existsSync(`packages/${path}`) && !existsSync(path))).toEqual([]);
});

it("SECURITY.md is held by tests, scripts and pages that are there", () => {
  const security = readFileSync("SECURITY.md", "utf8");
  const named = [...security.matchAll(/`((?:packages|apps|tooling)\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Readonly<Record<string, string>> };
  const run = [...security.matchAll(/`npm run ([\w:-]+)`/g)].map(([, script]) => script!);
  expect(run.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  const rows = security.split("\n").filter((line) => /^\| (?:an?|the) /.test(line));
  expect(rows.length).toBeGreaterThan(8);
  for (const row of rows) expect(row).toMatch(/(?:`(?:packages|apps)\/[^`]+`|`npm run fuzz`) \|$/);
});

const tests = globSync("{packages,apps,tooling}/*/test/**/*.test.ts").map((path) => path.replaceAll("\\", "/"));

const pages = globSync("{CONTRIBUTING,README,{packages,apps,tooling}/*/README,docs/{*,*/*}}.md");

it.each(pages)("%s runs tests that are there", (page) => {
  const asked = [...readFileSync(page, "utf8").matchAll(/npm test -- ((?:packages|apps|tooling)[\w./-]*)/g)];
  const paths = asked.map(([, path]) => path!.replace(/\.$/, ""));
  expect(paths.filter((path) => !tests.some((test) => test.includes(path)))).toEqual([]);
});

it("the tests that begin first are there", () => {
  const [, longest = ""] = /const longest = `([^`]+)`/.exec(readFileSync("vitest.config.ts", "utf8")) ?? [];
  const parts = longest.trim().split(/\s+/);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.filter((part) => !tests.some((test) => test.includes(part)))).toEqual([]);
});
