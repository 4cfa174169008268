import { firstAvailable, type Backend } from "@ropewalk/backend";
import { expect, it } from "vitest";
import * as browser from "../src/browser.ts";
import * as node from "../src/index.ts";

it("in a browser the package has the names that it has in Node", () => {
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(node).toSorted());
});

const why = "onnxruntime-node needs Node; in a browser take @ropewalk/backend-wasm or @ropewalk/backend-webgpu";

it.each([browser.cpu, browser.cuda])("a backend says that it is for Node", async (of) => {
  const backend = of();
  expect(await backend.unavailable()).toBe(why);
  await expect(backend.createSession(new Uint8Array())).rejects.toThrow(`${backend.name}: ${why}`);
});

it("and is passed over by firstAvailable", async () => {
  const other: Backend = { ...browser.cpu(), name: "other", unavailable: async () => undefined };
  const notices: string[] = [];
  expect(await firstAvailable([browser.cpu(), other], (notice) => void notices.push(notice))).toBe(other);
  expect(notices.join()).toContain(why);
});
