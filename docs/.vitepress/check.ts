/**
 * `npm run check:docs -- [folder]`: the built site in Chromium. Every page, wide and narrow, light and dark: no error, nothing asked for
 * elsewhere, nothing that the page's policy refuses, nothing wider than the screen, no serious finding of axe; the matrices move, the search
 * finds, and the policy refuses other code. Screenshots go into the folder.
 */
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { serveFolder } from "@ropewalk/testing/browser/serve-folder";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { pageRules, tryCode } from "@ropewalk/testing/browser/try-code";
import { root } from "./addresses.ts";

const built = join(root, "docs/.vitepress/dist");
const pictures = process.argv[2];
const executablePath = findChromium();
if (executablePath === undefined) throw new Error("check:docs: chromium must be on the PATH, got none");

type Axe = { run: () => Promise<{ violations: { id: string; impact: string; nodes: { target: string[] }[] }[] }> };
declare const axe: Axe;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const problems: string[] = [];
const hold = (what: string, holds: boolean): void => void (holds || problems.push(what));

const serious = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ target }) => target.join(" "))
          .slice(0, 3)
          .join(", ")}`,
    );
};

/** The API's pages are alike, and large: one of them is looked at in full. */
const files = globSync("**/*.html", { cwd: built })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file !== "404.html" && (!file.startsWith("api/@") || file.includes("position-mapping")))
  .toSorted();
hold(`there must be pages in ${built}, got ${files.length}`, files.length > 60);

for (const file of globSync("**/*.html", { cwd: built })) {
  const policies = readFileSync(join(built, file), "utf8").match(/<meta http-equiv="Content-Security-Policy"/g) ?? [];
  hold(`${file}: must have one policy, got ${policies.length}`, policies.length === 1);
}

const site = await serveFolder(built);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const width of [1280, 360])
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
    const at = (): string => `${new URL(page.url()).pathname} at ${width}, ${colorScheme}`;
    page.on("pageerror", (error) => hold(`${at()}: ${String(error)}`, false));
    page.on("console", (said) => hold(`${at()}: ${said.text()}`, said.type() !== "error"));
    page.on("request", (request) =>
      hold(
        `${at()}: ${request.url()} is asked for`,
        ["data:", site.address].some((own) => request.url().startsWith(own)),
      ),
    );
    page.on("response", (response) =>
      hold(`${at()}: ${response.url()} gives ${response.status()}`, response.status() < 400),
    );
    for (const file of files) {
      await page.goto(site.address + file, { waitUntil: "load" });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      hold(`${at()}: ${wide} pixels wide`, wide <= width);
      hold(`${at()}: must have one h1`, (await page.locator("h1").count()) === 1);
      // Colours are the same on all pages of a kind: contrast takes long, and is looked at where it may differ.
      if (/^(index|guide|primitives|examples|packages\/rope|api\/index)/.test(file))
        for (const finding of await serious(page)) hold(`${at()}: ${finding}`, false);
      if (pictures !== undefined && /^(index|guide|primitives|extending|examples|packages\/rope)/.test(file)) {
        mkdirSync(pictures, { recursive: true });
        const name = `${file.replaceAll("/", "-").replace(".html", "")}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(pictures, name), fullPage: true });
      }
    }
    await page.close();
  }

const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.on("console", (said) => hold(said.text(), said.type() !== "error"));
await page.goto(`${site.address}primitives/position-mapping.html`);
const matrix = page.locator(".live-matrix");
const facts = (): Promise<string> => matrix.locator("dl").innerText();
hold("SelfExtend must begin at a longest input of 72", /\b72\b/.test(await facts()));
await matrix.getByLabel("group size G").focus();
for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
hold("G = 8 must give a longest input of 136", /\b136\b/.test(await facts()));
await matrix.getByLabel("mapping").selectOption("re-rope");
hold("ReRoPE must have no limit", /no limit/.test(await facts()));
await matrix.getByLabel("window W").fill("30");
hold("W = 30 of a model that knows 24 must be told", /must be/.test(await matrix.locator(".problem").innerText()));
await matrix.getByLabel("window W").fill("8");
await matrix.locator("canvas").focus();
await page.keyboard.press("ArrowRight");
hold(
  "a cell must be told",
  (await matrix.locator(".reading").innerText()).startsWith("query 47, key 1: 8 instead of 46"),
);
await page.keyboard.press("Control+k");
await page.locator(".VPLocalSearchBox input").fill("smallestGroupSize");
await page.locator(".VPLocalSearchBox .result").first().waitFor();
hold("a name must be found", (await page.locator(".VPLocalSearchBox .result").count()) > 0);
await page.keyboard.press("Escape");
await page.locator(".VPNavBarAppearance .VPSwitchAppearance").click();
hold("the page must turn dark", await page.evaluate(() => document.documentElement.classList.contains("dark")));
await page.close();

const tried = await browser.newPage();
await tried.goto(site.address);
const refused = await tried.evaluate(tryCode);
for (const [what, rule] of Object.entries(pageRules))
  hold(`${what} must be refused by ${rule}, got ${refused[what]}`, refused[what] === rule);
await browser.close();
site.close();

console.log(`${files.length} pages, 1,280 and 360 pixels, light and dark: ${problems.length} problems`);
for (const problem of new Set(problems)) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
