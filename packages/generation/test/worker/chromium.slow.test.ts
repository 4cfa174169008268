/** A Web Worker in headless Chromium, on WebAssembly with two threads. Skipped, by name, where there is none. */
import { bundlePage } from "@ropewalk/testing/browser/bundle-page";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { wasmWorkerScript } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Page } from "./page.ts";

const executablePath = findChromium();
const bundle = (script: URL) => bundlePage(script, "@ropewalk/backend-wasm/package.json");

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  it("a Web Worker tells a story, saves and opens what it read, is stopped, says what is wrong, and is missed when it is ended", async () => {
    const pages = {
      page: await bundle(new URL("page.ts", import.meta.url)),
      worker: await bundle(wasmWorkerScript),
    };
    const site = await serveSite(pages, { stories: fileURLToPath(stories260K.url) });
    const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    try {
      const tab = await browser.newPage();
      await tab.goto(`${site.address}/page/`, { waitUntil: "load" });
      await tab.waitForFunction(() => "run" in globalThis);
      const got = await tab.evaluate(() => (globalThis as unknown as Page).run());
      expect(got.text).toBe(", there was a little girl named Lily. She loved to play outsid");
      const { sizes, ids, behind, kept, cut } = got.disk;
      expect([ids, behind]).toEqual([5, got.text]);
      expect(sizes[0]).toBe(sizes[1]);
      expect(kept).toEqual([
        "RangeError: no more",
        "RangeError: no more",
        "RangeError: open: books/none.kv must be a file, got nothing",
        "RangeError: page: books must be absent or a file, got a folder",
        String(sizes[0]),
      ]);
      expect(cut).toMatch(/^RangeError: open: half\.kv: /);
      expect(got.beyond).toMatch(/^RangeError: generate: the run must be at most 1664 tokens/);
      expect(got.reason).toBe("RangeError: enough");
      const dead = "the worker must be alive, got one that was terminated, or ended by its browser";
      expect(got.why).toEqual([
        `Error: openModel: ${dead}`,
        `Error: release: ${dead}`,
        "was terminated, or ended by its browser",
      ]);
      expect(got.missing).toBe(
        "Error: openModel: the worker must be alive, got one that failed, or could not be loaded",
      );
    } finally {
      await browser.close();
      site.close();
    }
  });
});
