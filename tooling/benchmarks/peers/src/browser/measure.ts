/** WebAssembly side by side: a page for each engine in one headless browser. */
import { chromium as playwright, type Browser } from "playwright-core";
import { entrantsFor, type Entrant } from "../entrant.ts";
import { takeTurns, type Contestant, type Sample } from "../measure.ts";
import { modelOf, type Prepared } from "../models/prepare.ts";
import type { Options } from "../options.ts";
import { promptOf, tokensFor, warmUp, type EngineName, type Workload } from "../workload.ts";
import { bundlePage, type Bundle } from "@ropewalk/testing/browser/bundle-page";
import type { PageGlobals, PageOptions } from "./page.ts";
import { serveSite } from "@ropewalk/testing/browser/serve-site";

const precision = "q4";
const context = 2048;

const bundle = (page: string, importer: string): Promise<Bundle> =>
  bundlePage(new URL(page, import.meta.url), importer);

const pages: Readonly<Partial<Record<EngineName, string>>> = {
  ropewalk: "ropewalk",
  "transformers.js": "transformers",
};

const openPage = async (
  browser: Browser,
  entrant: Entrant,
  address: string,
  options: PageOptions,
): Promise<Contestant> => {
  const { name } = entrant;
  const page = await (await browser.newContext()).newPage();
  page.on("console", (message) => message.type() === "error" && console.error(`${name}: ${message.text()}`));
  page.on("pageerror", (error) => console.error(`${name}: ${error.message}`));
  await page.goto(address, { waitUntil: "load" });
  await page.evaluate((given) => (globalThis as unknown as PageGlobals).load(given), options);
  return {
    entrant,
    run: async (workload) => ({
      run: await page.evaluate(
        (given) => (globalThis as unknown as PageGlobals).run(given as unknown as Workload),
        workload,
      ),
      peakBytes: undefined,
    }),
    stop: () => page.close(),
  };
};

/** @throws Error when a page cannot load its model, or a run fails */
export const measureInBrowser = async (
  { byPrecision, vocabSize }: Prepared,
  options: Options,
  executablePath: string,
): Promise<readonly Sample[]> => {
  const { threads, rounds, steps } = options;
  const models = byPrecision[precision];
  const site = await serveSite(
    {
      ropewalk: await bundle("ropewalk-page.ts", "@ropewalk/backend-wasm/package.json"),
      transformers: await bundle("transformers-page.ts", "@huggingface/transformers"),
    },
    { ropewalk: modelOf("ropewalk", models), transformers: modelOf("transformers.js", models) },
  );
  const browser = await playwright.launch({ executablePath });
  try {
    const loaded: Contestant[] = [];
    for (const entrant of entrantsFor(precision, options)) {
      const page = pages[entrant.engine];
      if (page === undefined) continue;
      const asked = { model: `${site.address}/models/${page}`, threads, cache: entrant.cache };
      const engine = await openPage(browser, entrant, `${site.address}/${page}/`, asked);
      loaded.push(engine);
      await engine.run(warmUp(vocabSize));
    }
    const workload = { ids: promptOf(context, vocabSize), newTokens: tokensFor(steps) };
    return await takeTurns(loaded, { place: "wasm", precision, context }, workload, { rounds });
  } finally {
    await browser.close();
    site.close();
  }
};
