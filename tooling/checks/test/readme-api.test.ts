import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { exportedNames } from "../src/exported-names.ts";
import { apiProblems, listedNames, namesOfPackage } from "../src/readme-api.ts";

const folders = globSync("packages/*/README.md").map((path) => path.slice(0, -"/README.md".length));

it.each(folders)("the README of %s lists what is exported, and names every value that is", (folder) => {
  expect(apiProblems(namesOfPackage(folder), readFileSync(join(folder, "README.md"), "utf8"))).toEqual([]);
});

it("the names are those that the modules have", async () => {
  const graph = (await import("@ropewalk/graph")) as object;
  const gradient = (await import("@ropewalk/graph/gradient")) as object;
  const values = [...namesOfPackage("packages/graph")].filter((name) => /^[a-z]/.test(name));
  expect(values.toSorted()).toEqual([...new Set([...Object.keys(graph), ...Object.keys(gradient)])].toSorted());
});

describe("an exported name", () => {
  it("is read out of every form of export", () => {
    const folder = scratchFolder();
    writeFileSync(
      join(folder, "index.ts"),
      'export { a, type B, c as d } from "./x.ts";\nexport type { E,\n F } from "./x.ts";\nexport * from "./all.ts";\n/* export { no } */\n// export const no = 1;\nconst own = 1;\nexport { own };\n',
    );
    writeFileSync(
      join(folder, "all.ts"),
      'export const g = 1;\nexport async function h() {}\nexport type I = 1;\nexport interface J {}\nexport abstract class K {}\nexport * as l from "./x.ts";\nconst no = 1;\n',
    );
    const names = exportedNames(join(folder, "index.ts"));
    rmSync(folder, { recursive: true });
    expect([...names].toSorted()).toEqual([..."BEFIJKadghl", "own"].toSorted());
  });
});

describe("a README", () => {
  const readme =
    "# x\n\n`elsewhere`\n\n## API\n\n- `a(b, { c })`, `D`: of `e`.\n- `model.run(x)`, `@x/y`: no names.\n- Of `f`.\n\n## Size\n\n- `g`: not listed\n";

  it("lists what its lines open with", () => {
    expect(listedNames(readme)).toEqual(["a", "D"]);
  });

  it("is told what it lists in vain and what it leaves out", () => {
    expect(apiProblems(new Set(["a", "elsewhere", "T", "left"]), readme)).toEqual([
      "lists D, which is not exported",
      "does not name left",
    ]);
  });
});
