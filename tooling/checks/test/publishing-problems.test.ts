import { globSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { installedBy, publishingProblems } from "../src/publishing-problems.ts";

const folders = [...globSync("packages/*/package.json"), ...globSync("apps/*/package.json")].map((path) =>
  path.replace("/package.json", ""),
);

describe("what is published", () => {
  it.each(folders)("%s has a licence, says where it is from, and installs what it shows", (folder) => {
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
      "package.json: homepage",
      "package.json: bugs",
      "package.json: repository",
      "package.json: keywords",
      "README.md: npm install",
    ]);
    expect(problems.at(-1)).toMatch(/: @ropewalk\/graph$/);
  });

  it("reads names out of every install line", () => {
    expect(installedBy("npm install @a/b x@1.2.3  # for Node\nnpm install -g y\n")).toEqual(["@a/b", "x", "-g", "y"]);
  });
});
