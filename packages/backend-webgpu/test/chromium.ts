/** Headless Chromium with this package's page, on its software driver where there is no GPU. */
import { askIn } from "@ropewalk/testing/browser/call-page";
import { modelFiles } from "@ropewalk/testing/browser/model-files";
import { openPage, type OpenedPage } from "@ropewalk/testing/browser/open-page";
import { webgpuArgs } from "@ropewalk/testing/browser/webgpu-args";
import { repositoryPath } from "@ropewalk/testing/repository";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Page } from "./page.ts";

/** Playwright's defaults, left out here: with them a tab behind another runs as one in front does. */
const neverBehind = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export type Chromium = Omit<OpenedPage, "open"> & {
  /** A tab whose page is ready for what is asked of it. */
  readonly open: () => Promise<Tab>;
};

export const ask = askIn<Page>();

export const openChromium = async (): Promise<Chromium> => {
  const opened = await openPage({
    script: new URL("page.ts", import.meta.url),
    importer: "@ropewalk/backend-webgpu/package.json",
    models: { root: repositoryPath("") },
    launch: { args: [...webgpuArgs], ignoreDefaultArgs: neverBehind },
  });
  return {
    ...opened,
    open: async () => {
      const tab = await opened.open("start");
      await ask(tab, "start", modelFiles);
      return tab;
    },
  };
};

/** One tab for all tests of a `describe`, in a browser of its own. */
export const oneTab = (): (() => Tab) => {
  let browser: Chromium;
  let tab: Tab;
  beforeAll(async () => {
    browser = await openChromium();
    tab = await browser.open();
  });
  afterAll(() => browser.close());
  return () => tab;
};
