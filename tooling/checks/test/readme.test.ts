import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shapeProblems } from "../src/readme.ts";

const readmes = [...globSync("packages/*/README.md"), ...globSync("apps/*/README.md")].toSorted();

const nameIn = (folder: string): string =>
  (JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { readonly name: string }).name;

it.each(readmes)("%s has the shape of all", (readme) => {
  expect(shapeProblems(nameIn(readme.replace("/README.md", "")), readFileSync(readme, "utf8"))).toEqual([]);
});

describe("the shape", () => {
  const good =
    "# a\n\nOne sentence, of a.js.\n\n```\nf\n```\n\n## What it is\n\n## When to use it, and when not\n\n## Install\n\n## Use\n\n## API\n\n## License\n\nMIT\n";

  it("is taken", () => expect(shapeProblems("a", good)).toEqual([]));

  it.each([
    ["another name", good.replace("# a", "# b"), /open with "# a", got "# b"/],
    ["two sentences", good.replace("One", "None. One"), /one sentence/],
    ["no sentence", good.replace("One sentence, of a.js.", "- a list"), /one sentence/],
    ["no formula", good.replace("```\nf\n```\n\n", ""), /formula/],
    ["a part missing", good.replace("## Install\n\n", ""), /part "Install"/],
    ["a part of its own", good.replace("## API", "## More\n\n## API"), /no part "More"/],
    ["another order", good.replace("## Use\n\n## API", "## API\n\n## Use"), /order .*Use, API.*, got .*API, Use/],
  ])("is held: %s", (_, text, problem) => {
    expect(shapeProblems("a", text)).toEqual([expect.stringMatching(problem)]);
  });
});
