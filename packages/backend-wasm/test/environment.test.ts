import { expect, it } from "vitest";
import * as browser from "../src/environment-browser.ts";
import * as node from "../src/environment.ts";

it("in a browser there is what there is in Node, without a disk", async () => {
  expect(Object.keys(browser).toSorted()).toEqual(Object.keys(node).toSorted());
  expect(await browser.locateBinary()).toBeUndefined();
  const data = Uint8Array.of(1, 2);
  const bytes = { kind: "bytes", file: "w", data } as const;
  expect(await browser.readExternal(bytes)).toEqual({ path: "w", data });
  await expect(browser.readExternal({ kind: "path", folder: "/models", file: "w" })).rejects.toThrow(
    new TypeError("wasm: w must be given as bytes in a browser, got the path /models"),
  );
});
