/** The built page behind a plain static server, in headless Chromium. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { build } from "vite";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { serveFolder } from "@ropewalk/testing/browser/serve-folder";

export const executablePath: string | undefined = findChromium();

const root = fileURLToPath(new URL("..", import.meta.url));

export type Driven = {
  readonly folder: string;
  readonly address: string;
  readonly browser: Browser;
  /** A tab whose model is open. */
  readonly open: (hash?: string, options?: BrowserContextOptions) => Promise<Page>;
  /** What pages complained about: errors, and what the content security policy refused. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
};

type TraceEvent = {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds that the thread computed: what else the machine does is not in them. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

/** Milliseconds of the longest task of the page's main thread while something is done, and how many there were. */
export const longestTask = async (
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<{ readonly longest: number; readonly tasks: number }> => {
  await browser.startTracing(page, { categories: ["toplevel", "__metadata"] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: readonly TraceEvent[];
  };
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const times = traceEvents
    .filter(({ name, pid, tid, tdur }) => name.endsWith("RunTask") && tdur !== undefined && main.has(`${pid} ${tid}`))
    .map(({ tdur }) => tdur! / 1000);
  return { longest: Math.max(0, ...times), tasks: times.length };
};

/** Until the model's facts are there. */
export const isOpen = (page: Page): Promise<void> =>
  page.locator("#assemble dd", { hasText: /\w/ }).first().waitFor({ timeout: 60_000 });

/** Files let go over the place for them; each character is a byte. */
export const drop = (page: Page, files: Readonly<Record<string, string>>): Promise<void> =>
  page.evaluate((contents) => {
    type Dom = {
      readonly document: {
        readonly querySelector: (selector: string) => { readonly dispatchEvent: (event: unknown) => void };
      };
      readonly DataTransfer: new () => { readonly items: { readonly add: (file: unknown) => void } };
      readonly DragEvent: new (type: string, init: object) => unknown;
    };
    const dom = globalThis as unknown as Dom;
    const dataTransfer = new dom.DataTransfer();
    for (const [name, text] of Object.entries(contents))
      dataTransfer.items.add(new File([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], name));
    const event = new dom.DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    dom.document.querySelector(".drop").dispatchEvent(event);
  }, files);

/** Built anew into a folder of its own, so that what is driven is what the sources say. */
export const drive = async (args: readonly string[] = []): Promise<Driven> => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk-playground-"));
  await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  const site = await serveFolder(folder);
  const browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", ...args] });
  const complaints: string[] = [];
  return {
    folder,
    address: site.address,
    browser,
    complaints,
    open: async (hash = "", options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      const page = await context.newPage();
      page.on("pageerror", (error) => void complaints.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await page.goto(site.address + hash);
      await isOpen(page);
      return page;
    },
    close: async () => {
      await browser.close();
      site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
