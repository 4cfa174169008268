import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { houseTable } from "../src/house-table.ts";
import { house, type Room } from "../src/house.ts";
import { filesBelow, importsOf, packageOf } from "../src/imports.ts";
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
});
