/** The checks in headless Chromium, on its software driver where there is no GPU. Skipped, by name, where there is none. */
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePage } from "../../../tooling/benchmarks/peers/src/browser/bundle.ts";
import { serveSite, type Site } from "../../../tooling/benchmarks/peers/src/browser/server.ts";
import { checks } from "./checks/index.ts";
import { pageChecks } from "./checks/page-only.ts";
import { filesOf, root } from "./checks/paths.ts";
import type { Page } from "./page.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Browser;
  let site: Site;
  let tab: Tab;

  beforeAll(async () => {
    const page = await bundlePage(
      "../../../../../packages/backend-webgpu/test/page.ts",
      new URL("../package.json", import.meta.url).pathname,
    );
    site = await serveSite({ page }, { root });
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ["--no-sandbox", "--enable-unsafe-webgpu"],
    });
    tab = await (await browser.newContext()).newPage();
    await tab.goto(`${site.address}/page/`, { waitUntil: "load" });
    await tab.waitForFunction(() => "start" in globalThis);
    await tab.evaluate((files) => (globalThis as unknown as Page).start(files), filesOf);
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });

  it.each([...checks, ...pageChecks])("$name", async ({ name }) => {
    expect(await tab.evaluate((asked) => (globalThis as unknown as Page).check(asked), name)).toBe("");
  });
});
