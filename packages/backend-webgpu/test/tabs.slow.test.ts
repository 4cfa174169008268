/** What people do to tabs while a text is generated. Skipped, by name, where there is no Chromium. */
import { cpu } from "@ropewalk/backend-node";
import { openFolder } from "@ropewalk/models/node";
import { modelFiles } from "@ropewalk/testing/browser/model-files";
import { executablePath } from "@ropewalk/testing/browser/open-page";
import { inRepository } from "@ropewalk/testing/repository";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackgroundTab, type BackgroundTab } from "./background-tab.ts";
import { tellStory } from "./checks/story.ts";
import { ask, openChromium, type Chromium } from "./chromium.ts";

const newTokens = 24;

describe.skipIf(executablePath === undefined)("in Chromium, while a story is told,", () => {
  let browser: Chromium;
  let story: readonly number[];

  beforeAll(async () => {
    browser = await openChromium();
    story = await tellStory(newTokens, {
      backend: cpu({ threads: 1 }),
      model: (path) => openFolder(inRepository(path)),
    });
  });
  afterAll(() => browser.close());

  const poll = { timeout: 120_000, interval: 100 };

  it("another tab comes to the front: the story ends as it does on the CPU", async () => {
    const session = await browser.browser.newBrowserCDPSession();
    const tab = await openBackgroundTab(session, browser.address);
    const other = await openBackgroundTab(session, "about:blank");
    const seen = ({ evaluate }: BackgroundTab): Promise<unknown> => evaluate("document.visibilityState");
    await tab.bringToFront();
    await expect.poll(() => tab.evaluate(`"start" in globalThis`), poll).toBe(true);
    await tab.evaluate(`start(${JSON.stringify(modelFiles)})`);

    let ended = false;
    const told = tab.evaluate(`tellStory(${newTokens})`).finally(() => (ended = true));
    await expect.poll(() => tab.evaluate("countReads()"), poll).toBeGreaterThan(3);
    expect(await seen(tab)).toBe("visible");
    await other.bringToFront();
    await expect.poll(() => seen(tab), poll).toBe("hidden");
    expect(ended).toBe(false);
    expect(await told).toEqual(story);
    expect(await seen(tab)).toBe("hidden");
  });

  it("its tab is closed: the next one tells it to the end", async () => {
    const closed = await browser.open();
    const told = ask(closed, "tellStory", newTokens).then(
      () => "told",
      () => "cut off",
    );
    await expect.poll(() => ask(closed, "countReads"), poll).toBeGreaterThan(3);
    await closed.close();
    expect(await told).toBe("cut off");
    expect(await ask(await browser.open(), "tellStory", newTokens)).toEqual(story);
  });
});
