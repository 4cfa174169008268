/** transformers.js in headless Chromium loads extended models. The tests are skipped if there is no Chromium. */
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { decode, encode } from "@ropewalk/graph";
import { executablePath, openPage, type OpenedPage } from "@ropewalk/testing/browser/open-page";
import { generatedFrom, prompt, temporaryFolder, writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Asked, Answered, Page } from "./page.ts";

const extension = compose(selfExtend({ groupSize: 16, window: 64 }), logN({ trainedContext: 256 }));
const far = prompt(1000);

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  const root = temporaryFolder();
  let opened: OpenedPage;
  /** With a cache of its own. */
  const open = async (): Promise<Tab> => opened.open("run", await opened.browser.newPage());
  const ask = (tab: Tab, asked: Partial<Asked>): Promise<Answered> =>
    tab.evaluate((given) => (globalThis as unknown as Page).run(given), {
      from: "hub",
      extended: true,
      runtime: "portable",
      model: "passkey",
      ids: far.ids,
      text: far.text,
      newTokens: 5,
      ...asked,
    } as Asked);

  beforeAll(async () => {
    const good = join(root, "passkey");
    await writePasskeyExport(good);
    const odd = join(root, "unknown");
    cpSync(good, odd, { recursive: true });
    const path = join(odd, "onnx", "model.onnx");
    const model = decode(readFileSync(path));
    Object.assign(
      model.graph!.node.find(({ opType }) => opType === "GroupQueryAttention")!,
      { name: "odd", attribute: [] },
    );
    writeFileSync(path, encode(model));
    opened = await openPage({
      script: new URL("page.ts", import.meta.url),
      importer: "@huggingface/transformers",
      models: { passkey: good, unknown: odd },
    });
  });
  afterAll(async () => {
    await opened.close();
    rmSync(root, { recursive: true });
  });

  it.each(["hub", "page"] as const)("a model of the %s is extended, now and from the cache", async (from) => {
    const expected = await generatedFrom(passkey875k.url, extension, far.ids, 5);
    const tab = await open();
    for (const time of ["fetched", "cached"]) {
      const { tokens, text, maxPositions, cached } = await ask(tab, { from });
      expect({ time, tokens, text, maxPositions }).toEqual({
        time,
        tokens: expected,
        text: far.key,
        maxPositions: 3136,
      });
      // The cache has the original.
      for (const file of ["config.json", "onnx/model.onnx"])
        expect(cached[file.split("/").at(-1)!]).toBe(statSync(join(root, "passkey", file)).size);
    }
    const plain = await ask(tab, { from, extended: false });
    expect(plain.maxPositions).toBe(256);
    expect(plain.text).not.toBe(far.key);
  });

  it("a model on the project's own cache gives the same", async () => {
    const { tokens, text } = await ask(await open(), { runtime: "ropewalk" });
    expect(tokens).toEqual(await generatedFrom(passkey875k.url, extension, far.ids, 5));
    expect(text).toBe(far.key);
  });

  it("an error reaches the page", async () => {
    const tab = await open();
    expect(await tab.evaluate(() => (globalThis as unknown as Page).refused("unknown"))).toContain('node "odd"');
  });
});
