/** The checks in headless Chromium, on its software driver where there is no GPU. Skipped, by name, where there is none. */
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checks } from "./checks/index.ts";
import { pageChecks } from "./checks/page-only.ts";
import { ask, executablePath, openChromium, type Chromium } from "./chromium.ts";

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Chromium;
  let tab: Tab;

  beforeAll(async () => {
    browser = await openChromium();
    tab = await browser.open();
  });
  afterAll(() => browser.close());

  it.each([...checks, ...pageChecks])("$name", async ({ name }) => {
    expect(await ask(tab, "check", name)).toBe("");
  });
});
