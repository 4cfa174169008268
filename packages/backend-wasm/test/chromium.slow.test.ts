/** The same in headless Chromium. Skipped, by name, where there is none. */
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePage } from "@ropewalk/testing/browser/bundle-page";
import { serveSite, type Site } from "@ropewalk/testing/browser/serve-site";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import type { Files, Page } from "./page.ts";

const executablePath = findChromium();
const folders = { stories: fileURLToPath(stories260K.url), passkey: fileURLToPath(passkey875k.url) };
const files: Files = { stories: readdirSync(folders.stories), passkey: readdirSync(folders.passkey) };

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Browser;
  let site: Site;
  let tab: Tab;

  beforeAll(async () => {
    const page = await bundlePage(new URL("page.ts", import.meta.url), "@ropewalk/backend-wasm/package.json");
    site = await serveSite({ page }, folders);
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    tab = await browser.newPage();
    await tab.goto(`${site.address}/page/`, { waitUntil: "load" });
    await tab.waitForFunction(() => "runMixes" in globalThis);
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  it("prompts at once give what each gives alone", async () => {
    const got = await tab.evaluate((given) => (globalThis as unknown as Page).runMixes(given), files);
    expect(got).toEqual({ mixes: 48, wrong: [] });
  }, 600_000);

  it("says which file of the runtime is missing, and where, before any weights are asked for", async () => {
    const other = await browser.newPage();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await other.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await other.goto(`${site.address}/page/`, { waitUntil: "load" });
    await other.waitForFunction(() => "loadByUrl" in globalThis);
    const file = "ort-wasm-simd-threaded.wasm";
    const got = await other.evaluate(
      (address) => (globalThis as unknown as Page).loadByUrl(address),
      `${site.address}/models/stories/`,
    );
    expect(got).toMatch(
      `Error: loadModel: backend must be one that can run here, got wasm: the runtime's file ${file} must be at ${site.address}/page/${file}, got status 404 (`,
    );
    expect(asked.filter((path) => path.startsWith("/models/"))).toEqual([]);
    await other.close();
  });

  it("an abort and timers arrive while tokens come", async () => {
    const got = await tab.evaluate((given) => (globalThis as unknown as Page).runAborted(given), files);
    expect(got.message).toBe("stop");
    expect(got.tokens).toBeLessThan(400);
    expect(got.ticks).toBeGreaterThan(0);
    expect(got.late).toBeLessThan(200);
  });
});
