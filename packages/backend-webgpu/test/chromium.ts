/** Headless Chromium with this package's page, on its software driver where there is no GPU. */
import { bundlePage } from "@ropewalk/testing/browser/bundle-page";
import { askIn } from "@ropewalk/testing/browser/call-page";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { modelFiles } from "@ropewalk/testing/browser/model-files";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { webgpuArgs } from "@ropewalk/testing/browser/webgpu-args";
import { repositoryPath } from "@ropewalk/testing/repository";
import { chromium, type Browser, type Page as Tab } from "playwright-core";
import type { Page } from "./page.ts";

export const executablePath: string | undefined = findChromium();

/** Playwright's defaults, left out here: with them a tab behind another runs as one in front does. */
const neverBehind = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export type Chromium = {
  readonly browser: Browser;
  /** Of the page. */
  readonly address: string;
  /** A tab whose page is ready for what is asked of it. */
  readonly open: () => Promise<Tab>;
  readonly close: () => Promise<void>;
};

export const ask = askIn<Omit<Page, "start">>();

export const openChromium = async (): Promise<Chromium> => {
  const page = await bundlePage(new URL("page.ts", import.meta.url), "@ropewalk/backend-webgpu/package.json");
  const site = await serveSite({ page }, { root: repositoryPath("") });
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: ["--no-sandbox", ...webgpuArgs],
    ignoreDefaultArgs: neverBehind,
  });
  const context = await browser.newContext();
  const address = `${site.address}/page/`;
  return {
    browser,
    address,
    open: async () => {
      const tab = await context.newPage();
      await tab.goto(address, { waitUntil: "load" });
      await tab.waitForFunction(() => "start" in globalThis);
      await tab.evaluate((files) => (globalThis as unknown as Page).start(files), modelFiles);
      return tab;
    },
    close: async () => {
      await browser.close();
      site.close();
    },
  };
};
