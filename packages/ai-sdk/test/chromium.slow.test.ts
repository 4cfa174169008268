/** The AI SDK in a page, in headless Chromium, bundled by esbuild as it is. Skipped, by name, where there is none. */
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
  it("answers come from a model in a Web Worker, behind what it read, and end by an abort", async () => {
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
      expect(got.text).toBe("was a little girl named Lily. She loved");
      expect(got.cached).toBe(4);
      expect(got.pieces).toBeLessThan(8);
      expect(got.aborted).toEqual(["aborted"]);
    } finally {
      await browser.close();
      site.close();
    }
  });
});
