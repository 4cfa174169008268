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

/** Tries what a content security policy refuses, in a page or in a worker of it; gives the rule that refused each. */
const tryCode = async (): Promise<Readonly<Record<string, string>>> => {
  type Element = { src: string; textContent: string };
  type Violation = { readonly effectiveDirective: string };
  type Scope = {
    readonly document?: {
      readonly createElement: (name: string) => Element;
      readonly head: { readonly append: (element: Element) => void };
    };
    readonly addEventListener: (type: string, listen: (violation: Violation) => void) => void;
    readonly removeEventListener: (type: string, listen: (violation: Violation) => void) => void;
    eval: (code: string) => unknown;
    Function: new (code: string) => unknown;
  };
  const scope = globalThis as unknown as Scope;
  const refusedBy = (act: () => unknown): Promise<string> =>
    new Promise((done) => {
      const end = (rule: string): void => {
        scope.removeEventListener("securitypolicyviolation", listen);
        done(rule);
      };
      // The page has its policy twice, from its text and from its header, and each is heard.
      const listen = ({ effectiveDirective }: Violation): void => void setTimeout(end, 200, effectiveDirective);
      scope.addEventListener("securitypolicyviolation", listen);
      setTimeout(end, 3000, "nothing");
      // What a debugger evaluates may make code of texts; what a timer calls may not.
      setTimeout(() => {
        try {
          act();
        } catch {
          // The event says why.
        }
      });
    });
  const script = (change: (element: Element) => void): Promise<string> =>
    refusedBy(() => {
      const element = scope.document!.createElement("script");
      change(element);
      scope.document!.head.append(element);
    });
  return {
    "code made of a text": await refusedBy(() => scope.eval("1")),
    "a function made of a text": await refusedBy(() => new scope.Function("return 1")),
    "an address without https": await refusedBy(() => fetch("http://example.invalid/").catch(() => {})),
    ...(scope.document && {
      "a script in the page": await script((element) => (element.textContent = "1")),
      "a script of another origin": await script((element) => (element.src = "https://example.invalid/a.js")),
      "a script as an address of data": await script((element) => (element.src = "data:text/javascript,1")),
    }),
  };
};

/** Which rule of the page's policy refuses what, in the page and in the worker that runs models. */
export const policyAnswers = async ({ browser, address }: Driven) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await isOpen(page);
  const answers = { page: await page.evaluate(tryCode), worker: await page.workers()[0]!.evaluate(tryCode) };
  await context.close();
  return answers;
};

export const scriptRules = {
  "code made of a text": "script-src",
  "a function made of a text": "script-src",
  "an address without https": "connect-src",
} as const;

export const pageRules = {
  ...scriptRules,
  "a script in the page": "script-src-elem",
  "a script of another origin": "script-src-elem",
  "a script as an address of data": "script-src-elem",
} as const;

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
