/**
 * `npm run bench:webgpu`: a model in Chromium on the page's GPU, attention by operators beside attention by the kernel. Both take turns. It prints
 * tokens a second of prefill, milliseconds a token of decoding, and the launches of a step for each layer. On a software driver a small model
 * runs and times say nothing.
 *
 * `--model` is a folder of safetensors (default: a random Llama of 134M parameters), `--contexts`, `--window`, `--group-size`, `--chunk-size`,
 * `--rounds` and `--steps` what is measured, `--chromium-args` further arguments, separated by spaces, for drivers that need some.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundlePage } from "@ropewalk/testing/browser/bundle-page";
import { askIn } from "@ropewalk/testing/browser/call-page";
import { findChromium } from "@ropewalk/testing/browser/installed-chromium";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { webgpuArgs } from "@ropewalk/testing/browser/webgpu-args";
import { stories260K } from "@ropewalk/tiny-models";
import { chromium } from "playwright-core";
import { median } from "../measuring/compare-times.ts";
import { randomLlama } from "../models/random-llama.ts";
import type { Measured, Method, Page, Way } from "./page.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    contexts: { type: "string" },
    window: { type: "string" },
    "group-size": { type: "string" },
    "chunk-size": { type: "string", default: "512" },
    rounds: { type: "string" },
    steps: { type: "string", default: "16" },
    "chromium-args": { type: "string", default: "--ignore-gpu-blocklist" },
  },
});

const ways: readonly Way[] = ["operators", "kernel"];
const methods: readonly Method[] = ["none", "SelfExtend"];

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`bench:webgpu: --${name} must be a positive integer, got ${text}`);
  return value;
};

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("bench:webgpu: Chromium must be on the PATH, got none");
const page = await bundlePage(new URL("page.ts", import.meta.url), "@ropewalk/backend-webgpu/package.json");
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", ...webgpuArgs, ...values["chromium-args"].split(" ")],
});
const ask = askIn<Page>();
const open = async (folder: string) => {
  const site = await serveSite({ page }, { model: folder });
  const tab = await browser.newPage();
  tab.setDefaultTimeout(0);
  await tab.goto(`${site.address}/page/`);
  await tab.waitForFunction(() => "measure" in globalThis);
  return { tab, close: site.close };
};

try {
  const first = await open(fileURLToPath(stories260K.url));
  const adapter = await ask(first.tab, "adapter");
  first.close();
  if (adapter === "") throw new Error("bench:webgpu: a GPU adapter is needed, got none; --chromium-args may help");
  const isSoftware = /swiftshader|llvmpipe|lavapipe|warp/i.test(adapter);
  console.log(`${new Date().toISOString().slice(0, 10)}  ${adapter}`);
  if (isSoftware) console.log("A software driver: times say nothing about speed, launches are what they are anywhere.");

  const folder = values.model ?? (isSoftware ? fileURLToPath(stories260K.url) : await randomLlama());
  const window = number("window", values.window ?? (isSoftware ? "64" : "1024"));
  const groupSize = number("group-size", values["group-size"] ?? (isSoftware ? "4" : "32"));
  const contexts = (values.contexts ?? (isSoftware ? "200" : "512,8192"))
    .split(",")
    .map((text) => number("contexts", text));
  const [chunkSize, steps] = [number("chunk-size", values["chunk-size"]), number("steps", values.steps)];
  const rounds = number("rounds", values.rounds ?? (isSoftware ? "1" : "3"));
  const { tab, close } = await open(folder);
  await ask(tab, "start", readdirSync(folder), { groupSize, window });

  console.log("\ncontext  method      attention  prefill, tokens/s  decoding, ms a token  launches a layer in a step");
  for (const context of contexts)
    for (const method of methods) {
      const found: Readonly<Record<Way, Measured[]>> = { operators: [], kernel: [] };
      // The first round compiles kernels.
      for (let round = 0; round <= rounds; round++)
        for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
          const measured = await ask(tab, "measure", { way, method, context, chunkSize, steps });
          if (round > 0) found[way].push(measured);
        }
      const medians = (way: Way): Measured => ({
        prefill: median(found[way].map(({ prefill }) => prefill)),
        decoding: median(found[way].map(({ decoding }) => decoding)),
      });
      for (const way of ways) {
        const { prefill, decoding } = medians(way);
        const launches = await ask(tab, "launches", way, method, context);
        const cells = [String(context).padEnd(7), method.padEnd(10), way.padEnd(9), prefill.toFixed(0).padEnd(17)];
        console.log([...cells, decoding.toFixed(2).padEnd(20), launches.toFixed(1)].join("  "));
      }
      const [operators, kernel] = [medians("operators"), medians("kernel")];
      console.log(
        `         kernel / operators in time: prefill ${(operators.prefill / kernel.prefill).toFixed(2)}, ` +
          `decoding ${(kernel.decoding / operators.decoding).toFixed(2)}`,
      );
    }
  close();
} finally {
  await browser.close();
}
