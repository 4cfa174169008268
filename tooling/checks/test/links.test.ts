import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { anchorsOf, deadLinks, linksOf, slug } from "../src/links.ts";

/** Every Markdown file of the repository, also those that are not committed yet. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((file) => !file.startsWith(".changeset/"));

it.each(files)("%s links to what is there", (file) => {
  expect(deadLinks(".", file)).toEqual([]);
});

describe("a link", () => {
  it("is found in text, pictures and tags, not in code", () => {
    const text =
      'a [b](c.md#d), ![e](f.svg "g")\n`[no](no.md)`\n```md\n[no](no.md)\n```\n<img src="h.png">\n[i]: j.md\n';
    expect(linksOf(text)).toEqual([
      { line: 1, target: "c.md#d" },
      { line: 1, target: "f.svg" },
      { line: 6, target: "h.png" },
      { line: 7, target: "j.md" },
    ]);
  });

  it("leads to headings by GitHub's anchors", () => {
    expect(slug("Beside transformers.js and llama.cpp")).toBe("beside-transformersjs-and-llamacpp");
    expect(slug("When to use it, and when not")).toBe("when-to-use-it-and-when-not");
    expect([...anchorsOf("# `A` b\n```\n# no\n```\n## C\n## C\n### [d](e)\n<a id='no' id=\"f\">")]).toEqual([
      "a-b",
      "c",
      "c-1",
      "d",
      "f",
    ]);
  });

  it("that is dead is told with its file and line", () => {
    const root = scratchFolder();
    mkdirSync(join(root, "docs"));
    writeFileSync(join(root, "README.md"), "# A\n");
    writeFileSync(join(root, "code.ts"), "");
    writeFileSync(
      join(root, "docs/page.md"),
      "[1](../README.md#a) [2](../README.md#b)\n[3](gone.md)\n[4](#here) [5](..#a) [6](../../out.md) [7](/x) [8](../code.ts#a) [9](https://x.y/z)\n",
    );
    const dead = deadLinks(root, "docs/page.md");
    rmSync(root, { recursive: true });
    expect(dead).toEqual([
      "docs/page.md:1: ../README.md#b: README.md has no #b",
      "docs/page.md:2: gone.md: there is no docs/gone.md",
      "docs/page.md:3: #here: docs/page.md has no #here",
      "docs/page.md:3: ../../out.md must be relative and inside the repository",
      "docs/page.md:3: /x must be relative and inside the repository",
      "docs/page.md:3: ../code.ts#a: code.ts has no headings",
    ]);
  });
});
