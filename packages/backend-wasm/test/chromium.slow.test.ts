/** The same in headless Chromium. Skipped, by name, where there is none. */
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executablePath, openPage, type OpenedPage } from "@ropewalk/testing/browser/open-page";
import type { Files, Page } from "./page.ts";

const folders = { stories: fileURLToPath(stories260K.url), passkey: fileURLToPath(passkey875k.url) };
const files: Files = { stories: readdirSync(folders.stories), passkey: readdirSync(folders.passkey) };

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let opened: OpenedPage;
  let tab: Tab;

  beforeAll(async () => {
    opened = await openPage({
      script: new URL("page.ts", import.meta.url),
      importer: "@ropewalk/backend-wasm/package.json",
      models: folders,
    });
    tab = await opened.open("runMixes");
  });
  afterAll(() => opened.close());

  it("prompts at once give what each gives alone", async () => {
    const got = await tab.evaluate((given) => (globalThis as unknown as Page).runMixes(given), files);
    expect(got).toEqual({ mixes: 48, wrong: [] });
  }, 600_000);

  it("says which file of the runtime is missing, and where, before any weights are asked for", async () => {
    const other = await opened.browser.newPage();
    const asked: string[] = [];
    other.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await other.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await opened.open("loadByUrl", other);
    const file = "ort-wasm-simd-threaded.wasm";
    const got = await other.evaluate(
      (address) => (globalThis as unknown as Page).loadByUrl(address),
      `${opened.site}/models/stories/`,
    );
    expect(got).toMatch(
      `Error: loadModel: backend must be one that can run here, got wasm: the runtime's file ${file} must be at ${opened.address}${file}, got status 404 (`,
    );
    expect(asked.filter((path) => path.startsWith("/models/"))).toEqual([]);
    await other.close();
  });

  /** Opens the page anew, changed by `prepare`. */
  const prepared = async (prepare: (made: Tab) => Promise<unknown> = async () => {}): Promise<Tab> => {
    const other = await opened.browser.newPage();
    await prepare(other);
    return opened.open("whyNotThreads", other);
  };
  const whyNot = (other: Tab, threads: number): Promise<string | undefined> =>
    other.evaluate((asked) => (globalThis as unknown as Page).whyNotThreads(asked), threads);

  it("in an isolated page the runtime has the threads that it was started with, and no others", async () => {
    const other = await prepared();
    expect(await whyNot(other, 2)).toBeUndefined();
    // One of the two is the page's own.
    expect(other.workers()).toHaveLength(1);
    expect(await whyNot(other, 3)).toBe(
      "threads must be 2, with which the runtime here was started, got 3; a worker starts a runtime of its own",
    );
    expect(await whyNot(other, 2)).toBeUndefined();
    await other.close();
  });

  it("says that there are no threads: in a page that is not isolated, and without shared memory", async () => {
    const shared = await prepared((page) =>
      page.route("**/page/", async (route) => {
        const { "cross-origin-opener-policy": _, ...headers } = (await route.fetch()).headers();
        await route.fulfill({ response: await route.fetch(), headers });
      }),
    );
    expect(await whyNot(shared, 2)).toBe(
      "RangeError: wasm: threads must be a positive integer, and 1 outside a cross-origin isolated page, got 2",
    );
    expect(await whyNot(shared, 1)).toBeUndefined();
    await shared.close();
    const alone = await prepared((page) => page.addInitScript("delete globalThis.SharedArrayBuffer"));
    expect(await whyNot(alone, 2)).toBe("threads must be 1, as many as the runtime can have here, got 2");
    await alone.close();
  });

  it("says that there is no SIMD", async () => {
    const other = await prepared((page) => page.addInitScript("WebAssembly.validate = () => false"));
    expect(await whyNot(other, 1)).toBe("WebAssembly must have SIMD, got none here");
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
