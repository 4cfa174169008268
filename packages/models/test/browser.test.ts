import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("only the entries ./node and ./hub import from Node", () => {
  const source = new URL("../src/", import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const usesNode = files.filter((name) =>
    /from "node:|\bBuffer\b|\bprocess\./.test(readFileSync(new URL(name, source), "utf8")),
  );
  expect(usesNode.filter((name) => !/^hub[./\\]/.test(name)).toSorted()).toEqual([
    "open-folder.ts",
    "quantize/disk.ts",
  ]);
});
