import { expect, it } from "vitest";
import * as browser from "../src/browser/node.ts";
import * as node from "../src/node.ts";

it("in a browser ./node has the names that it has in Node", () => {
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(node).toSorted());
});

it.each(Object.entries(browser))("%s says that it needs Node, and what to take instead", async (name, stub) => {
  const call = stub as (folder: string) => Promise<never>;
  await expect(call("a/folder")).rejects.toThrow(
    new RegExp(
      `^${name}: a folder on a disk needs Node, got "a/folder" in a browser; there take \\w+ of @ropewalk/finetune$`,
    ),
  );
});
