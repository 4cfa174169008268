import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { published } from "../src/published.ts";
import { installedBy, publishingProblems } from "../src/publishing-problems.ts";

describe("what is published", () => {
  it.each(published)("$name has a licence, a whole manifest, and installs what it shows", ({ folder }) => {
    expect(publishingProblems(folder)).toEqual([]);
  });

  it("is told what is missing", () => {
    const root = scratchFolder();
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "@ropewalk/some", license: "MIT" }));
    writeFileSync(
      join(root, "README.md"),
      '```sh\nnpm install @ropewalk/some\n```\n\n```ts\nimport { tape } from "@ropewalk/graph";\n```\n',
    );
    const problems = publishingProblems(root);
    rmSync(root, { recursive: true });
    expect(problems.map((problem) => problem.replace(/ must.*/, ""))).toEqual([
      "LICENSE:",
      "package.json: type",
      "package.json: homepage",
      "package.json: bugs",
      "package.json: repository",
      "package.json: publishConfig",
      "package.json: keywords",
      "package.json: description",
      "package.json: engines",
      "package.json: files",
      "package.json: exports or bin",
      "README.md: npm install",
    ]);
    expect(problems.at(-1)).toMatch(/: @ropewalk\/graph$/);
  });

  it.each([
    [{ default: "./dist/index.js" }],
    [{ types: "./dist/other.d.ts", default: "./dist/index.js" }],
    [{ default: "./dist/index.js", types: "./dist/index.d.ts" }],
    [
      {
        browser: { types: "./dist/index.d.ts", default: "./src/index.ts" },
        types: "./dist/a.d.ts",
        default: "./dist/a.js",
      },
    ],
  ])("is told of an entry without types: %o", (entry) => {
    const root = scratchFolder();
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "a", exports: { ".": entry } }));
    writeFileSync(join(root, "README.md"), "");
    expect(publishingProblems(root).filter((problem) => problem.includes("exports[.]"))).toHaveLength(1);
    rmSync(root, { recursive: true });
  });

  it("reads names out of every install line", () => {
    expect(installedBy("npm install @a/b x@1.2.3  # for Node\nnpm install -g y\n")).toEqual(["@a/b", "x", "-g", "y"]);
  });
});
