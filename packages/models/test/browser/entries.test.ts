import { readdirSync, readFileSync } from "node:fs";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import * as browserFiles from "../../src/browser/files.ts";
import * as browserHub from "../../src/browser/hub.ts";
import * as browserNode from "../../src/browser/node.ts";
import * as nodeFiles from "../../src/files.ts";
import * as hub from "../../src/hub.ts";
import * as node from "../../src/node.ts";

it("only the entries ./node, ./files and ./hub import from Node", () => {
  const source = new URL("../../src/", import.meta.url);
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const usesNode = files.filter((name) =>
    /from "node:|\bBuffer\b|\bprocess\./.test(readFileSync(new URL(name, source), "utf8")),
  );
  expect(usesNode.filter((name) => !/^(hub[/\\]node|disk)[/\\]/.test(name))).toEqual([]);
});

it.each([
  ["./files", nodeFiles, browserFiles],
  ["./hub", hub, browserHub],
  ["./node", node, browserNode],
])("%s has the names in a browser that it has in Node", (_, inNode, inBrowser) => {
  expect(Object.keys(inBrowser).toSorted()).toEqual(Object.keys(inNode).toSorted());
});

const ofNodeAlone = { ...browserNode, openSource: browserHub.openSource };

it.each(Object.entries(ofNodeAlone))(
  "%s says in a browser that it needs Node, and what to take instead",
  async (name, stub) => {
    const call = stub as (...given: readonly unknown[]) => Promise<never>;
    const given = name === "quantizeOnDisk" || name === "holdOnDisk" ? { name: "./some/model" } : "./some/model";
    await expect(call(given, name === "openSource" ? {} : given)).rejects.toThrow(
      new RegExp(`^${name}: .+ needs Node, got "./some/model" in a browser; there take .+ of @ropewalk/models$`),
    );
  },
);

describe("in a browser ./files", () => {
  it.each(["", "/", "a//b", "../a", "a/./b", "a/"])("has no file of the path %j", async (path) => {
    const rule = "RangeError: save: path must be names with / between them, none of them empty, . or .., got";
    const read = browserFiles.withFile("save", path, async () => 0);
    expect(await rejectionOf(read)).toBe(`${rule} ${JSON.stringify(path)}`);
    expect(await rejectionOf(browserFiles.writeFileWhole("save", path, []))).toBe(`${rule} ${JSON.stringify(path)}`);
  });

  it("says where there is no such file system", async () => {
    const words =
      "Error: open: a/book.kv needs the origin's private file system, which pages of a secure context have, got none";
    expect(await rejectionOf(browserFiles.withFile("open", "a/book.kv", async () => 0))).toBe(words);
    expect(await rejectionOf(browserFiles.writeFileWhole("open", "a/book.kv", []))).toBe(words);
    const url = new URL("file:///book.kv");
    expect(await rejectionOf(browserFiles.withFile("open", url, async () => 0))).toBe(
      'TypeError: open: path must be a path in the origin\'s private file system, got "file:///book.kv"',
    );
  });
});
