/**
 * `npm run bench:page`: the time from opening a page to the first token of a model on WebAssembly, in headless Chromium, and the tokens a second
 * behind it, with one thread and with two. Each round is a page of its own with an empty cache; the medians count. Files come from this machine.
 * `--rounds` (3), `--prompt` (3 tokens), `--folder` for another model than stories260K, `--json`.
 */
import { bundlePage } from "@ropewalk/testing/browser/bundle-page";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { median } from "../measuring/compare-times.ts";
import type { PageTimes, TimedPage, Timing } from "./in-page.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    prompt: { type: "string", default: "3" },
    folder: { type: "string", default: fileURLToPath(stories260K.url) },
    json: { type: "boolean", default: false },
  },
});
const executablePath = findChromium();
if (executablePath === undefined) throw new Error("page: Chromium must be on the PATH, got none");

const page = await bundlePage(new URL("in-page.ts", import.meta.url), "@ropewalk/backend-wasm/package.json");
const site = await serveSite({ page }, { model: values.folder });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

const timed = async (threads: number): Promise<PageTimes> => {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${site.address}/page/`, { waitUntil: "load" });
  await tab.waitForFunction(() => "timeModel" in globalThis);
  const asked: Timing = { address: `${site.address}/models/model/`, threads, promptTokens: Number(values.prompt) };
  const times = await tab.evaluate((given) => (globalThis as unknown as TimedPage).timeModel(given), asked);
  await context.close();
  return times;
};

const rounds: { readonly threads: number; readonly times: PageTimes }[] = [];
for (let round = 0; round < Number(values.rounds); round++)
  for (const threads of [1, 2]) rounds.push({ threads, times: await timed(threads) });
await browser.close();
site.close();

const results = [1, 2].map((threads) => {
  const times = rounds.filter((each) => each.threads === threads).map((each) => each.times);
  const of = (take: (each: PageTimes) => number): number => median(times.map(take));
  return {
    threads,
    script: of(({ script }) => script),
    loaded: of(({ loaded }) => loaded),
    first: of(({ first }) => first),
    tokensPerSecond: of(({ tokens, first, last }) => (1000 * (tokens - 1)) / (last - first)),
  };
});
if (values.json) console.log(JSON.stringify(results));
else
  for (const { threads, script, loaded, first, tokensPerSecond } of results)
    console.log(
      `${threads} thread${threads === 1 ? "" : "s"}: script ${script.toFixed(0)} ms, model loaded ${loaded.toFixed(0)} ms, ` +
        `first token ${first.toFixed(0)} ms behind opening the page; then ${tokensPerSecond.toFixed(0)} tokens a second`,
    );
