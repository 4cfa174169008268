/** Headless Chromium with a page of the tests' own, which is bundled and served beside models. */
import { chromium, type Browser, type LaunchOptions, type Page as Tab } from "playwright-core";
import { bundlePage } from "./bundle-page.ts";
import { findChromium } from "./installed-chromium.ts";
import { serveSite } from "./serve-site.ts";

/** Tests in a browser are skipped where it is undefined. */
export const executablePath: string | undefined = findChromium();

export type PageConfig = {
  /** The page's script. */
  readonly script: URL;
  /** Further scripts by the name that they are served under, such as a worker's. */
  readonly scripts?: Readonly<Record<string, URL>>;
  /** A file of the package whose runtime the scripts run. */
  readonly importer: string;
  /** Folders by the name that they are served under. */
  readonly models: Readonly<Record<string, string>>;
  readonly launch?: Pick<LaunchOptions, "args" | "ignoreDefaultArgs">;
};

export type OpenedPage = {
  readonly browser: Browser;
  /** Of the server, without the page. */
  readonly site: string;
  /** Of the page. */
  readonly address: string;
  /**
   * Opens the page in a new tab.
   *
   * @param offers - a name that the page has once it is ready
   * @param made - a tab that is there already
   */
  readonly open: (offers: string, made?: Tab) => Promise<Tab>;
  readonly close: () => Promise<void>;
};

export const openPage = async ({
  script,
  scripts = {},
  importer,
  models,
  launch = {},
}: PageConfig): Promise<OpenedPage> => {
  const bundles = await Promise.all(
    Object.entries({ page: script, ...scripts }).map(
      async ([name, file]) => [name, await bundlePage(file, importer)] as const,
    ),
  );
  const site = await serveSite(Object.fromEntries(bundles), models);
  const { args = [], ...others } = launch;
  const browser = await chromium.launch({
    executablePath: executablePath!,
    args: ["--no-sandbox", ...args],
    ...others,
  });
  const context = await browser.newContext();
  const address = `${site.address}/page/`;
  return {
    browser,
    site: site.address,
    address,
    open: async (offers, made) => {
      const tab = made ?? (await context.newPage());
      await tab.goto(address, { waitUntil: "load" });
      await tab.waitForFunction((name) => name in globalThis, offers);
      return tab;
    },
    close: async () => {
      await browser.close();
      site.close();
    },
  };
};
