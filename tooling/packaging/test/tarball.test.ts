import { describe, expect, it } from "vitest";
import { sourceOf, tarballProblems } from "../src/tarball.ts";

const files = ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts", "src/index.ts"];
const each = {
  name: "@ropewalk/check",
  manifest: {
    name: "@ropewalk/check",
    version: "0.1.0",
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
  },
};
const problems = (changed: readonly string[], bytes = 1_000): readonly string[] =>
  tarballProblems(each, { bytes, files: changed }, (path) => files.includes(path));

describe("a tarball", () => {
  it("has what its manifest exports, a licence and a README", () => {
    expect(problems(files)).toEqual([]);
    for (const missing of ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"])
      expect(problems(files.filter((path) => path !== missing))).toEqual([`tarball: ${missing} must be in it`]);
  });

  it("has no tests, no build's notes, and nothing whose source is gone", () => {
    expect(problems([...files, "test/index.test.ts"])).toHaveLength(1);
    expect(problems([...files, "tsconfig.tsbuildinfo"])).toHaveLength(1);
    expect(problems([...files, "dist/old/name.d.ts.map"])).toEqual([
      "tarball: dist/old/name.d.ts.map must have its source, src/old/name.ts; npm run build:packages removes it",
    ]);
  });

  it("has a budget", () => {
    expect(problems(files, 10_000_000)).toEqual([
      expect.stringMatching(/size must be at most \d+ bytes .* got 10000000$/),
    ]);
    expect(tarballProblems({ ...each, name: "new" }, { bytes: 1, files }, () => true)).toHaveLength(1);
  });
});

it("a built file's source", () => {
  expect(["dist/a.js", "dist/a.js.map", "dist/b/a.d.ts", "dist/b/a.d.ts.map"].map(sourceOf)).toEqual([
    "src/a.ts",
    "src/a.ts",
    "src/b/a.ts",
    "src/b/a.ts",
  ]);
});
