import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as browserHub from "../src/browser/hub.ts";
import * as browserNode from "../src/browser/node.ts";
import * as hub from "../src/hub.ts";
import * as node from "../src/node.ts";

it("only the entries ./node and ./hub import from Node", () => {
  const source = new URL("../src/", import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const usesNode = files.filter((name) =>
    /from "node:|\bBuffer\b|\bprocess\./.test(readFileSync(new URL(name, source), "utf8")),
  );
  expect(usesNode.filter((name) => !/^(hub[./\\]|disk[/\\])/.test(name)).toSorted()).toEqual([
    "open-folder.ts",
    "quantize/disk.ts",
  ]);
});

describe.each([
  ["./hub", hub, browserHub],
  ["./node", node, browserNode],
])("in a browser %s", (_, inNode, inBrowser) => {
  it("has the names that it has in Node", () => {
    expect(Object.keys(inBrowser).toSorted()).toEqual(Object.keys(inNode).toSorted());
  });

  it.each(Object.entries(inBrowser))("%s says that it needs Node, and what to take instead", async (name, stub) => {
    const call = stub as (...given: readonly unknown[]) => Promise<never>;
    const given = ["openHub", "quantizeOnDisk"].includes(name)
      ? { id: "some/model", name: "some/model" }
      : "some/model";
    await expect(call(given, given)).rejects.toThrow(
      new RegExp(`^${name}: .+ needs Node, got "some/model" in a browser; there take .+ of @ropewalk/models$`),
    );
  });
});
