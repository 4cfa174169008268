import { expect, it } from "vitest";
import * as browser from "../src/disk/no-disk.ts";
import * as node from "../src/disk/node-disk.ts";

it("in a browser there are the names of a disk, and no disk", async () => {
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(node).toSorted());
  expect(await browser.isFile("config.json")).toBe(false);
  await browser.workspace(undefined).remove();
});

it("functions that need a disk say that they need Node", async () => {
  expect(() => browser.workspace("kept")).toThrow('extendModels: folder needs Node, got "kept" in a browser');
  expect(() => browser.fileCache("kept", String)).toThrow(
    'extendModels: env.cacheDir needs Node, got "kept" in a browser',
  );
  const { writeModel, addData } = browser.workspace(undefined);
  for (const use of [
    browser.readBytes,
    browser.asFound,
    addData,
    (path: string) => writeModel(path, new Uint8Array(), []),
  ])
    await expect(use("a/file")).rejects.toThrow('extendModels: a file on a disk needs Node, got "a/file" in a browser');
});
