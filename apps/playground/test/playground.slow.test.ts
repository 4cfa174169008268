/** The page as people use it, in short; `npm run check:playground` does the rest. */
import { pageRules, scriptRules } from "@ropewalk/testing/browser/try-code";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drive, drop, executablePath, longestTask, type Driven } from "./drive.ts";
import { policyAnswers } from "./policy.ts";

const fact = (page: Page, name: string): Promise<string> =>
  page
    .locator("dl div", { has: page.locator("dt", { hasText: name }) })
    .locator("dd")
    .innerText();

const comes = (page: Page, name: string, value: string): Promise<void> =>
  expect.poll(() => fact(page, name), { timeout: 20_000 }).toBe(value);

describe.skipIf(executablePath === undefined)("the playground, in Chromium", () => {
  let driven: Driven;
  let page: Page;

  beforeAll(async () => {
    driven = await drive();
    page = await driven.open();
  });
  afterAll(async () => driven.close());

  it("is isolated behind a plain server, by its service worker", async () => {
    expect(await page.evaluate(() => (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated)).toBe(true);
  });

  it("has a policy that lets no other code run, in the page and in its worker", async () => {
    expect(await policyAnswers(driven)).toEqual({ page: pageRules, worker: scriptRules });
    const html = readFileSync(new URL("../index.html", import.meta.url), "utf8");
    const stated = /const policy = \[([^\]]*)\]/.exec(
      readFileSync(new URL("../public/isolate.js", import.meta.url), "utf8"),
    )![1]!;
    const inWorker = [...stated.matchAll(/"([^"]*)"/g)].map(([, each]) => each!);
    expect(/content="(default-src [^"]*)"/.exec(html)![1]!.split("; ")).toEqual(inWorker);
  });

  it("follows a hand that drags, and has the setting in its address", async () => {
    await page.getByLabel("Model", { exact: true }).selectOption("passkey-875k");
    await comes(page, "Trained window", "256 tokens");
    await comes(page, "Capacity", "640 tokens");
    await page.getByLabel("Tokens with exact positions, W").fill("64");
    await comes(page, "Capacity", "832 tokens");
    expect(await fact(page, "Largest relative position")).toBe("255, within the trained window");
    await page.getByLabel("Positions", { exact: true }).selectOption("none");
    await comes(page, "Capacity", "256 tokens");
    await page.getByLabel("Positions", { exact: true }).selectOption("self-extend");
    await expect.poll(() => page.url()).toMatch(/#model=passkey-875k&window=64$/);
    await page.reload();
    await comes(page, "Capacity", "832 tokens");
    expect(await page.getByLabel("Tokens with exact positions, W").inputValue()).toBe("64");
    await page.goto(`${driven.address}#model=passkey-875k&window=100`);
    await comes(page, "Capacity", "724 tokens");
    await page.goto(`${driven.address}#model=passkey-875k&window=64`);
    await comes(page, "Capacity", "832 tokens");
  });

  it("tells each cell's pair, by keys", async () => {
    const matrix = page.getByRole("img", { name: /Relative position of every pair/ });
    await matrix.focus();
    await matrix.press("ArrowRight");
    expect(await page.locator(".picture .told").innerText()).toBe("Token 831 sees token 17 at 251");
  });

  it("streams a story with its speed, without a long task, and stops", async () => {
    await page.getByLabel("Model", { exact: true }).selectOption("stories260K");
    await comes(page, "Trained window", "512 tokens");
    const generate = page.getByRole("button", { name: "Generate" });
    await page.getByLabel("New tokens, at most").fill("1000");
    await generate.click();
    const length = async (): Promise<number> => (await page.locator(".answer").innerText()).length;
    await expect.poll(length, { timeout: 30_000 }).toBeGreaterThan(60);
    const { longest, tasks } = await longestTask(driven.browser, page, () =>
      expect.poll(length, { timeout: 30_000 }).toBeGreaterThan(160),
    );
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped.").waitFor();
    expect(tasks).toBeGreaterThan(20);
    expect(longest).toBeLessThan(100);
    expect(await fact(page, "Time to the first token")).toMatch(/ms|s$/);
    expect(await fact(page, "Writing")).toMatch(/tokens\/s$/);
  });

  it("runs a GGUF file that is dropped, read a range at a time", async () => {
    const gguf = readFileSync(repositoryPath(`${ggufVectors}/stories260K-q8_0.gguf`)).toString("latin1");
    // A suffix in capitals, and a model's eyes beside it.
    await drop(page, { "stories.GGUF": gguf, "mmproj-stories.gguf": "GGUF" });
    await expect
      .poll(() => page.getByLabel("Model", { exact: true }).inputValue(), { timeout: 20_000 })
      .toBe("stories.GGUF");
    await page.getByLabel("Temperature").fill("0");
    await page.getByLabel("New tokens, at most").fill("12");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByText("Done.").waitFor({ timeout: 20_000 });
    expect(await page.locator(".answer").innerText()).toBe(", there was a little girl named Lily. She");
  });

  it("says in words what is no model, what does not fit, and goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ropewalk-no-model-"));
    mkdirSync(join(folder, "notes"));
    writeFileSync(join(folder, "notes", "readme.txt"), "nothing");
    const choose = (path: string): Promise<void> => page.locator("input[webkitdirectory]").setInputFiles(path);
    const alert = page.getByRole("alert").last();
    await choose(folder);
    await expect.poll(() => alert.innerText()).toMatch(/That is no model: there is no config.json/);
    rmSync(folder, { recursive: true });
    await page.getByLabel("New tokens, at most").fill("50000");
    await page.getByRole("button", { name: "Generate" }).click();
    await expect.poll(() => alert.innerText(), { timeout: 20_000 }).toMatch(/the run must be at most .*would fit/);
    await page.getByLabel("New tokens, at most").fill("8");
    await choose(fileURLToPath(stories260K.url));
    await expect
      .poll(() => page.getByLabel("Model", { exact: true }).inputValue(), { timeout: 20_000 })
      .toBe("stories260K");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByText("Done.").waitFor({ timeout: 20_000 });
  });

  it("complained about nothing", () => {
    expect(driven.complaints).toEqual([]);
  });
});
