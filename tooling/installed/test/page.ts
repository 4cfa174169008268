/** The page among the examples, bundled and used: its story, and its button that stops. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { appIn } from "../src/app.ts";
import { executablePath, openBrowser, openSite } from "../src/browse.ts";
import { bundlers } from "../src/bundlers.ts";

/** Of the page; this check itself is a program of Node. */
type Element = { readonly textContent: string; readonly disabled: boolean; click: () => void };
declare const document: { readonly querySelector: (selector: string) => Element };

const folder = join(inject("app"), "a-page");
mkdirSync(folder);
cpSync("examples/page", folder, { recursive: true });

it.skipIf(executablePath === undefined)("tells a story, and stops", async () => {
  const site = await bundlers[0]!.build(appIn(folder));
  const browser = await openBrowser();
  try {
    const { page, complaints } = await openSite(
      browser,
      site,
      {},
      () => !document.querySelector("form button").disabled,
    );
    const output = (): Promise<string> => page.evaluate(() => document.querySelector("output").textContent);
    const again = (): Promise<unknown> => page.waitForFunction(() => !document.querySelector("form button").disabled);
    expect(await output()).toBe("Ready, for 3200 tokens.");
    await page.evaluate(() => document.querySelector("form button").click());
    await page.waitForFunction(() => document.querySelector("form button").disabled);
    await again();
    expect(await output()).toMatch(/^Once upon a time, there was a little girl named Lily\..{100,}[^)]$/s);
    await page.evaluate(() => {
      document.querySelector("form button").click();
      document.querySelector("form + button").click();
    });
    await again();
    expect(await output()).toMatch(/^Once upon a time.{0,80}\(stopped\)$/s);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
