import { describe, expect, it } from "vitest";
import { house, type Room } from "../src/house.ts";
import { importsOf, packageOf } from "../src/imports.ts";
import { checkLayering, violations } from "../src/layering.ts";

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
      "packages/rope/src/a.ts: @ropewalk/rope (floor 1) may not import @ropewalk/position-mapping; it may import @ropewalk/check",
    ]);
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

  it("reads every form of import", () => {
    const source = `import a from "a";\nimport type { B } from "@x/b/sub";\nexport * from "./c.ts";\nconst d = await import("node:fs");\nimport "#e";\n// import "commented"`;
    expect(importsOf(source).map(packageOf)).toEqual(["a", "@x/b", undefined, "node:", undefined]);
    expect(importsOf(`const rows = { "method from": a, flag: "--shift-from",\n  what: "b" };`)).toEqual([]);
  });
});
