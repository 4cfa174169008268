/** Chromium with a built page, cut off from the network: addresses that a page asks for are answered from folders. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { webgpuArgs } from "@ropewalk/testing/browser/webgpu-args";
import type { Site } from "./bundlers.ts";

export const executablePath: string | undefined = findChromium();

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", ...webgpuArgs] });

/** Addresses by how they begin, and the folders that answer. */
export type Answers = Readonly<Record<string, string>>;

/**
 * @param ready - whether the page has begun, as a function of the page
 * @returns the page, and what it complained about
 */
export const openSite = async (
  browser: Browser,
  site: Site,
  answers: Answers,
  ready: () => boolean = () => "recipes" in globalThis,
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> => {
  const page = await (await browser.newContext()).newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => void complaints.push(String(error)));
  const folders = Object.entries({ ...answers, ...(site.folder === undefined ? {} : { [site.address]: site.folder }) });
  await page.route("**/*", async (route) => {
    const address = route
      .request()
      .url()
      .replace(/[?#].*$/, "");
    if (site.folder === undefined && address.startsWith(site.address)) return route.continue();
    const [beginning, folder] = folders.find(([start]) => address.startsWith(start)) ?? [];
    if (folder === undefined) {
      complaints.push(`${address} is asked for`);
      return route.abort();
    }
    const path = join(folder, address.slice(beginning!.length) || "index.html");
    return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
  });
  await page.goto(site.address, { waitUntil: "load" });
  await page.waitForFunction(ready);
  return { page, complaints };
};
