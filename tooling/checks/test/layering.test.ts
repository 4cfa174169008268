import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { houseTable } from "../src/house-table.ts";
import { house, type Room } from "../src/house.ts";
import { filesBelow, importsOf, packageOf, testPathsOf } from "../src/imports.ts";
import {
  checkLayering,
  floorViolations,
  pathViolations,
  testPathViolations,
  testViolations,
  toolingViolations,
  violations,
} from "../src/layering.ts";

const rope = house["@ropewalk/rope"] as Room;
const declares = (...names: readonly string[]) => ({
  name: "@ropewalk/rope",
  dependencies: Object.fromEntries(names.map((name) => [name, "*"])),
});

describe("layering", () => {
  it("holds in this repository", () => {
    expect(checkLayering()).toEqual([]);
  });

  it("refuses a primitive that imports a primitive", () => {
    const files = [{ path: "packages/rope/src/a.ts", imports: ["@ropewalk/position-mapping"] }];
    expect(violations("@ropewalk/rope", rope, files, declares("@ropewalk/position-mapping"))).toEqual([
      "packages/rope/src/a.ts: @ropewalk/rope (floor 2) may not import @ropewalk/position-mapping; it may import @ropewalk/check",
    ]);
  });

  it("refuses sources that import their own tests", () => {
    const files = [{ path: "packages/rope/src/deep/a.ts", imports: ["../../test/b.ts", "../test/c.ts"] }];
    expect(violations("@ropewalk/rope", rope, files, declares())).toEqual([
      "packages/rope/src/deep/a.ts: sources may not import ../../test/b.ts",
    ]);
  });

  it("reads every file of code, also where a folder's name begins with a dot", () => {
    const folder = scratchFolder();
    const names = [
      "src/a.ts",
      "src/b.mts",
      "src/c.js",
      "src/cache/d.tsx",
      "e.config.ts",
      ".site/f.ts",
      ".site/g/h.mjs",
    ];
    for (const name of [...names, "dist/a.ts", ".snippets/a.ts", "node_modules/x/a.ts", "src/a.json"]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), 'import "x"; new URL("../../rope/test", import.meta.url);');
    }
    const files = filesBelow(folder);
    rmSync(folder, { recursive: true });
    expect(files.map(({ path }) => path.slice(folder.length + 1)).toSorted()).toEqual(names.toSorted());
    expect(new Set(files.flatMap(({ testPaths = [] }) => testPaths))).toEqual(new Set(["../../rope/test"]));
  });

  it("lets only the files behind ./onnx import graph", () => {
    const at = (path: string) => [{ path, imports: ["@ropewalk/graph"] }];
    expect(
      violations("@ropewalk/rope", rope, at("packages/rope/src/rotate.ts"), declares("@ropewalk/graph")),
    ).toHaveLength(1);
    expect(violations("@ropewalk/rope", rope, at("packages/rope/src/onnx.ts"), declares("@ropewalk/graph"))).toEqual(
      [],
    );
    const around = [{ path: "packages/rope/src/index.ts", imports: ["./onnx.ts"] }];
    expect(violations("@ropewalk/rope", rope, around, declares())).toHaveLength(1);
  });

  it("wants what is imported to be declared, and the reverse", () => {
    expect(
      violations(
        "@ropewalk/rope",
        rope,
        [{ path: "packages/rope/src/a.ts", imports: ["@ropewalk/check"] }],
        declares(),
      ),
    ).toEqual(["packages/rope/package.json: @ropewalk/check is imported and must be declared"]);
    expect(violations("@ropewalk/rope", rope, [], declares("@ropewalk/check"))).toHaveLength(1);
  });

  it("refuses a row that names a room of its own floor, of a higher one, or of none", () => {
    const onFloor = (floor: number, ...rooms: readonly string[]): Room => ({ floor, folder: "", rooms, packages: [] });
    expect(floorViolations({ low: onFloor(0), high: onFloor(1, "low") })).toEqual([]);
    expect(floorViolations({ a: onFloor(1, "b"), b: onFloor(1), c: onFloor(0, "a", "nobody") })).toEqual([
      "a is on floor 1: its row may not name b, which is on floor 1",
      "c is on floor 0: its row may not name a, which is on floor 1",
      "c is on floor 0: its row may not name nobody, which is on no floor",
    ]);
  });

  it("lets tests import lower floors, what tests share, and what their row names", () => {
    const at = (...imports: readonly string[]) => [{ path: "packages/rope/test/a.test.ts", imports }];
    const fine = [
      "vitest",
      "@ropewalk/testing/numbers/noise",
      "@ropewalk/graph",
      "onnxruntime-node",
      "../src/index.ts",
    ];
    expect(testViolations("@ropewalk/rope", rope, at(...fine))).toEqual([]);
    expect(testViolations("@ropewalk/rope", rope, at("@ropewalk/generation", "openai"))).toEqual([
      "packages/rope/test/a.test.ts: tests of @ropewalk/rope (floor 2) may not import @ropewalk/generation",
      "packages/rope/test/a.test.ts: tests of @ropewalk/rope (floor 2) may not import openai",
    ]);
  });

  it("lets tooling import rooms and not apps", () => {
    const files = [
      { path: "tooling/vectors/src/a.ts", imports: ["@ropewalk/server", "@ropewalk/playground", "openai"] },
    ];
    expect(toolingViolations("tooling/vectors", ["openai"], files)).toEqual([
      "tooling/vectors/src/a.ts: tooling/vectors may not import @ropewalk/playground",
    ]);
  });

  it("refuses a path into another package, but for those that the table names, and into its tests always", () => {
    const reach = (from: string, to: string) => pathViolations("tooling/vectors", [{ path: from, imports: [to] }]);
    expect(reach("tooling/vectors/src/a.ts", "../test/b.ts")).toEqual([]);
    expect(reach("tooling/vectors/src/a.ts", "../../../packages/backend/src/conformance/recipe.ts")).toEqual([]);
    expect(reach("tooling/vectors/src/a.ts", "../../../packages/backend/src/index.ts")).toHaveLength(1);
    expect(reach("tooling/vectors/src/a.ts", "../../../packages/backend/test/a.ts")).toEqual([
      "tooling/vectors/src/a.ts: may not import packages/backend/test/a.ts by its path",
    ]);
  });

  it("refuses a string that names another package's tests", () => {
    const naming = (...testPaths: readonly string[]) => [{ path: "apps/cli/test/a.ts", imports: [], testPaths }];
    expect(testPathViolations("apps/cli", naming("./test/b", "apps/cli/test/b"))).toEqual([]);
    expect(testPathViolations("apps/cli", naming("../../../packages/rope/test/vectors"))).toEqual([
      "apps/cli/test/a.ts: packages/rope/test/vectors is named in tooling/testing/src/vectors.ts alone",
    ]);
  });

  it("is shown in docs/design.md", () => {
    expect(readFileSync("docs/design.md", "utf8")).toContain(houseTable());
  });

  it("reads every form of import", () => {
    const source = `import a from "a";\nimport type { B } from "@x/b/sub";\nexport * from "./c.ts";\nconst d = await import("node:fs");\nimport "#e";\n// import "commented"`;
    expect(importsOf(source).map(packageOf)).toEqual(["a", "@x/b", undefined, "node:", undefined]);
    const called = `a = require("node:a");\nimport b = require("node:b");\nc = createRequire(import.meta.url)('node:c');\nd = await import(\`d\`);\nimport.meta.resolve("e");\nvi.mock("../f.ts");\nnew URL("../../g/src/g.ts", import.meta.url);`;
    expect(importsOf(called)).toEqual(["node:a", "node:b", "node:c", "d", "e", "../f.ts", "../../g/src/g.ts"]);
    const patterns = `glob("src/*.ts");\nimport a from "a";\nglob("**/*.js");`;
    expect(importsOf(patterns)).toEqual(["a"]);
    expect(importsOf(`const rows = { "method from": a, flag: "--shift-from",\n  what: "b" };`)).toEqual([]);
  });

  it("reads two imports on a line, paths with values in them, and what the compiler is told", () => {
    // This file is read too: here the words of its texts are written otherwise.
    const read = (source: string) => importsOf(source.replaceAll("IMPORT", "import").replaceAll("RESOLVE", "resolve"));
    const line = `IMPORT a from "a"; IMPORT b from 'b';IMPORT "c";IMPORT type { D } from "d"; const e = 1;`;
    expect(read(line)).toEqual(["a", "b", "c", "d"]);
    const withValues = "await IMPORT(`../../${room}/a.ts`);\nIMPORT(`@ropewalk/rope/${entry}`);\nIMPORT(`${all}`);";
    expect(read(withValues)).toEqual(["../../${room}/a.ts", "@ropewalk/rope/${entry}"]);
    expect(read("new URL(`../../${room}/a.ts`, IMPORT.meta.url)")).toEqual(["../../${room}/a.ts"]);
    expect(read(`require.RESOLVE("a/b")`)).toEqual(["a/b"]);
    expect(read("const message = `it must IMPORT; from ${place}`;")).toEqual([]);
    const told = `/// <reference path="../../rope/src/a.ts" />\n/// <reference types='a'/>\n/// <reference path="b.ts" />`;
    expect(importsOf(told)).toEqual(["../../rope/src/a.ts", "a", "./b.ts"]);
    expect(pathViolations("packages/graph", [{ path: "packages/graph/src/a.ts", imports: importsOf(told) }])).toEqual([
      "packages/graph/src/a.ts: may not import packages/rope/src/a.ts by its path",
    ]);
  });

  it.each([
    ['"../../rope/test/vectors"', "../../rope/test/vectors"],
    ["`packages/${room}/test/${file}.json`", "packages/${room}/test/${file}.json"],
    ['join("packages", room, "test", "vectors")', "packages/…/test/vectors"],
    ["resolve(root, 'packages/rope', `test`)", "packages/rope/test"],
    ['join(import.meta.dirname, "..", "..", "rope", "test")', "../../rope/test"],
    ['join("apps", nameOf(room, 1), "test")', "apps/…/…/test"],
  ])("sees a place in another package's tests: %s", (source, place) => {
    expect(testPathsOf(`const at = ${source};`)).toEqual([place]);
    const files = [{ path: "packages/graph/src/a.ts", imports: [], testPaths: testPathsOf(source) }];
    expect(testPathViolations("packages/graph", files)).toHaveLength(1);
  });

  it.each(['join("packages", room, "src")', 'expect("test")', 'join(folder, "test")', '"packages/rope/tested"'])(
    "sees none in %s",
    (source) => {
      expect(testPathsOf(source)).toEqual([]);
    },
  );
});
