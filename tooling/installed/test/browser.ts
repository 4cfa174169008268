/** Every package in a page that a bundler made, and what READMEs say a page does, run there. */
import { readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { prompt } from "@ropewalk/testing/exports/passkey-export";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { appIn } from "../src/app.ts";
import { executablePath, openBrowser, openSite, type Answers } from "../src/browse.ts";
import { address as hubAddress, writeModel } from "../src/hub.ts";
import { bundlers, type Site } from "../src/bundlers.ts";
import { entries, writePage } from "../src/pages.ts";

const run = promisify(execFile);
const app = appIn(inject("app"));
const hub = join(app.folder, "hub");
const runtime = join(app.folder, "node_modules/@huggingface/transformers/node_modules/onnxruntime-web");
const { text, key } = prompt(200);
/** Beyond the recipe's window of 1,024 tokens, in groups of 8. */
const trainedContext = 2048;
const capacity = 1024 + 8 * (trainedContext - 1024);

/** What each entry exports, imported in Node from the same folder. */
const inNode = async (): Promise<Readonly<Record<string, readonly string[]>>> => {
  const script = app.write(
    "names.js",
    `const names = {};
for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry)).toSorted();
console.log(JSON.stringify(names));`,
  );
  const { stdout } = await run(process.execPath, [script], {
    cwd: app.folder,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  return JSON.parse(stdout) as Readonly<Record<string, readonly string[]>>;
};

let browser: Browser | undefined;
let namesInNode: Readonly<Record<string, readonly string[]>>;
let answers: Answers;

type Generator = {
  readonly model: {
    readonly config: Readonly<Record<string, number>>;
  };
  (text: string, options: object): Promise<readonly [{ readonly generated_text: string }]>;
};

type Recipes = {
  readonly everything: () => Promise<{ readonly names: Readonly<Record<string, readonly string[]>> }>;
  readonly story: () => Promise<object>;
  readonly graph: () => Promise<{ readonly y: { readonly data: Float32Array } }>;
  readonly portable: () => Promise<{ readonly generator: Generator }>;
  readonly ropewalk: () => Promise<{ readonly generator: Generator }>;
};

/** Of the page; these checks themselves are programs of Node. */
declare const recipes: Recipes;
declare const document: { readonly body: { readonly textContent: string } };

beforeAll(async () => {
  writePage(app, text);
  await writeModel(hub, trainedContext);
  const { version } = JSON.parse(readFileSync(join(runtime, "package.json"), "utf8")) as { readonly version: string };
  answers = {
    [hubAddress]: hub,
    [`https://cdn.jsdelivr.net/npm/onnxruntime-web@${version}/dist/`]: join(runtime, "dist"),
  };
  namesInNode = await inNode();
  if (executablePath !== undefined) browser = await openBrowser();
});
afterAll(() => browser?.close());

describe.each(bundlers)("$name", ({ name, build }) => {
  let site: Site;
  beforeAll(async () => {
    site = await build(app);
  });
  afterAll(() => site.close());

  const once = async <T>(use: (tab: Page) => Promise<T>): Promise<T> => {
    const { page, complaints } = await openSite(browser!, site, answers);
    try {
      const result = await use(page);
      expect(complaints).toEqual([]);
      return result;
    } catch (error) {
      throw new Error(`${String(error)}\n${complaints.join("\n")}`, { cause: error });
    } finally {
      await page.context().close();
    }
  };

  /** A development server reloads a page, once, when it has found more packages to prepare. */
  const isReload = (error: unknown): boolean =>
    site.folder === undefined && String(error).includes("Execution context was destroyed");

  const inPage = <T>(use: (tab: Page) => Promise<T>): Promise<T> =>
    once(use).catch((error: unknown) => {
      if (isReload(error)) return once(use);
      throw error;
    });

  it("builds every package", () => expect(site.address).toMatch(/^http/));

  describe.skipIf(executablePath === undefined)("in Chromium", () => {
    it("every entry has the names that it has in Node, a model tells a story, a graph runs on the GPU", async () => {
      const page = await inPage((tab) =>
        tab.evaluate(async () => {
          const [{ names }, { y }] = [await recipes.everything(), await recipes.graph()];
          await recipes.story();
          return { names, y: [...y.data], story: document.body.textContent };
        }),
      );
      expect(page.names).toEqual(namesInNode);
      expect(page.y).toEqual([1, 2, 3]);
      expect(page.story).toMatch(/^, there was a little girl named Lily/);
    });

    // transformers.js is large: each bundles it, and it runs out of the first one's.
    it.skipIf(name !== bundlers[0]!.name).each(["portable", "ropewalk"] as const)(
      "transformers.js finds a key on an extended model: %s",
      async (recipe) => {
        const [positions, answer] = await inPage((tab) =>
          tab.evaluate(
            async ([which, asked]) => {
              const { generator } = await recipes[which]();
              const options = { max_new_tokens: 5, do_sample: false, return_full_text: false };
              const [{ generated_text }] = await generator(asked, options);
              return [generator.model.config["max_position_embeddings"], generated_text] as const;
            },
            [recipe, text] as const,
          ),
        );
        expect(positions).toBe(capacity);
        expect(answer.trim()).toBe(key);
      },
    );
  });
});
