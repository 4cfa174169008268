import { execFile } from "node:child_process";
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snippetsOf } from "../src/snippets.ts";

const run = promisify(execFile);
const folder = "tooling/checks/.snippets";
const pages = [
  "docs/*.md",
  "docs/{guide,primitives,extending,decisions}/*.md",
  "packages/*/README.md",
  "apps/*/README.md",
];
const readmes = ["README.md", "examples/README.md", ...pages.flatMap((pattern) => globSync(pattern).toSorted())].filter(
  (file) => snippetsOf(file).length > 0,
);

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(readmes)("%s", (readme) => {
  for (const [index, { line, code, printed }] of snippetsOf(readme).entries())
    it(`prints what it says, line ${line}`, async () => {
      const file = `${folder}/${readme.replaceAll("/", "-")}-${index}.ts`;
      writeFileSync(file, code);
      const { stdout } = await run(process.execPath, [
        "--conditions=@ropewalk/source",
        "--disable-warning=ExperimentalWarning",
        file,
      ]);
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((text) => text.trimEnd());
      if (printed.length > 0 || stdout !== "") expect(lines).toEqual(printed.map((text) => text.trimEnd()));
    });
});

it("every package has a README with an example", () => {
  for (const manifest of globSync("packages/*/package.json")) {
    const readme = manifest.replace("package.json", "README.md");
    expect(snippetsOf(readme).length, readme).toBeGreaterThan(0);
  }
});
