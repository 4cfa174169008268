/**
 * `npm run check:playground -- [folder]`: what the page must hold, measured on the built folder; screenshots go into the folder.
 * It takes minutes, and belongs on a machine that does nothing else.
 */
import { pageRules, scriptRules } from "@ropewalk/testing/browser/try-code";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import type { Page, Worker } from "playwright-core";
import { drive, drop, executablePath, isOpen, longestTask, type Driven } from "./drive.ts";
import { policyAnswers } from "./policy.ts";

type Row = { readonly what: string; readonly got: string; readonly wanted: string; readonly holds: boolean };

const rows: Row[] = [];
const hold = (what: string, got: string | number, wanted: string, holds: boolean): void => {
  rows.push({ what, got: String(got), wanted, holds });
  console.log(`${holds ? "ok  " : "FAIL"} ${what}: ${got} (${wanted})`);
};

const said = (page: Page): Promise<string> => page.locator(".alert").innerText();

const untilSaid = async (page: Page, what: string, pattern: RegExp, act: () => Promise<void>): Promise<void> => {
  await act();
  const until = Date.now() + 60_000;
  let text = "";
  while (Date.now() < until && !pattern.test(text)) {
    text = await said(page);
    await page.waitForTimeout(200);
  }
  hold(what, text.split("\n")[0]!, String(pattern), pattern.test(text));
};

const measured = async (page: Page, name: string): Promise<void> => {
  const button = page.getByRole("button", { name: `Measure: ${name}` });
  await button.click();
  const until = Date.now() + 240_000;
  while (Date.now() < until && (await button.innerText()) !== "Measure") await page.waitForTimeout(200);
};

const generate = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("Done.").waitFor({ timeout: 120_000 });
};

const sizes = ({ folder }: Driven): void => {
  // The runtime's scripts and binaries, and models' weights, are not the page's.
  const own = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && !/^ort|\.wasm$|\.safetensors$/.test(file.name))
    .map((file) => gzipSync(readFileSync(join(file.parentPath, file.name)), { level: 9 }).length);
  const total = own.reduce((sum, size) => sum + size, 0);
  hold("gzipped, without models and ONNX Runtime", total, "< 300,000 bytes", total < 300_000);
};

const policy = async (driven: Driven): Promise<void> => {
  const got = await policyAnswers(driven);
  for (const [place, rules] of Object.entries({ page: pageRules, worker: scriptRules }))
    for (const [what, rule] of Object.entries(rules)) {
      const by = got[place as keyof typeof got][what] ?? "nothing";
      hold(`the policy in the ${place}: ${what}`, `refused by ${by}`, rule, by === rule);
    }
};

const firstPaint = async (driven: Driven): Promise<void> => {
  const page = await driven.open();
  const time = await page.evaluate(
    () =>
      (
        globalThis as unknown as {
          performance: { getEntriesByName: (name: string) => readonly { startTime: number }[] };
        }
      ).performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
  );
  hold("first paint on localhost", `${Math.round(time)} ms`, "< 1,000 ms", time < 1000);
  await page.context().close();
};

type AxeViolation = {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
};

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const accessible = async (page: Page, what: string): Promise<void> => {
  await page.evaluate(readFileSync(axePath, "utf8"));
  const { violations, passes } = await page.evaluate(() =>
    (
      globalThis as unknown as {
        axe: { run: () => Promise<{ violations: readonly AxeViolation[]; passes: readonly unknown[] }> };
      }
    ).axe.run(),
  );
  for (const { id, impact, nodes } of violations)
    console.log(`     ${impact}: ${id}`, nodes.map(({ html }) => html).slice(0, 3));
  hold(`axe, ${what}`, `${violations.length} violations, ${passes.length} rules pass`, "none", violations.length === 0);
};

const looks = async (driven: Driven, into: string): Promise<void> => {
  for (const width of [1280, 360])
    for (const colorScheme of ["light", "dark"] as const) {
      const viewport = { width, height: width === 360 ? 740 : 900 };
      const page = await driven.open("#window=128&entropy=log-n", { viewport, colorScheme, bypassCSP: true });
      await page.getByLabel("New tokens, at most").fill("60");
      await generate(page);
      const wide = await page.evaluate(
        () =>
          (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document.documentElement
            .scrollWidth,
      );
      hold(`nothing sticks out at ${width} px, ${colorScheme}`, wide, `<= ${width}`, wide <= width);
      await accessible(page, `${width} px, ${colorScheme}`);
      await page.screenshot({ path: join(into, `${width}-${colorScheme}.png`), fullPage: true });
      await page.context().close();
    }
};

const compared = async (driven: Driven, into: string): Promise<void> => {
  const page = await driven.open("#model=passkey-875k&window=64", { bypassCSP: true });
  const { longest } = await longestTask(driven.browser, page, () => measured(page, "Passkey"));
  const green = await page.locator(".grid").last().locator("td.share-4").count();
  const plain = await page.locator(".grid").first().locator("td.share-4").count();
  hold("passkey cells that are green, extended", `${green} of 9; ${plain} plain`, "9", green === 9);
  hold("longest task while it measures", `${Math.round(longest)} ms of computing`, "<= 100", longest <= 100);
  for (const name of ["Loss by position", "Attention entropy by layer"]) {
    await measured(page, name);
    const charts = await page.getByRole("region", { name }).locator("img").count();
    hold(`${name} is drawn`, charts, "1", charts === 1);
  }
  for (const form of ["SVG", "PNG", "JSON"]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: `Save Loss by position as ${form}` }).click(),
    ]);
    const size = readFileSync(await download.path()).length;
    hold(`saved ${download.suggestedFilename()}`, `${size} bytes`, "> 500", size > 500);
  }
  await accessible(page, "measured");
  await page.screenshot({ path: join(into, "compared.png"), fullPage: true });
  await page.context().close();
};

const families = async (driven: Driven, into: string): Promise<void> => {
  for (const name of ["llama", "mistral", "phi", "solar"]) {
    const page = await driven.open(`#model=random-${name}&newTokens=30`);
    await generate(page);
    const length = (await page.locator(".answer").innerText()).length;
    hold(`a ${name} made in the page runs`, `${length} characters`, "> 10", length > 10);
    if (name === "solar") await page.screenshot({ path: join(into, "solar.png"), fullPage: true });
    await page.context().close();
  }
};

const chatted = async (driven: Driven): Promise<void> => {
  const page = await driven.open("#model=random-llama&newTokens=12");
  const chat = page.getByRole("region", { name: "Chat" });
  for (const turn of [1, 2]) {
    await chat.getByLabel("Message").fill("Hello there");
    await chat.getByRole("button", { name: "Send" }).click();
    await chat
      .locator(".assistant")
      .nth(turn - 1)
      .waitFor();
    await chat.getByRole("button", { name: "Send" }).waitFor({ timeout: 60_000 });
  }
  const status = await chat.getByRole("status").innerText();
  const [, kept] = /read, (\d+) were/.exec(status) ?? [];
  hold("the second turn of a chat finds the first in the cache", status, "> 10 tokens", Number(kept) > 10);
  await page.context().close();
};

const dropped = async (driven: Driven, into: string): Promise<void> => {
  const page = await driven.open("#model=passkey-875k&newTokens=8");
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  const read = (name: string): string => readFileSync(new URL(name, stories260K.url)).toString("latin1");
  await drop(page, Object.fromEntries(names.map((name) => [name, read(name)])));
  await page.getByText("512 tokens").first().waitFor();
  await generate(page);
  const text = await page.locator(".answer").innerText();
  hold("a model that is dropped runs", text, "> 4 characters", text.length > 4);
  const gguf = readFileSync(repositoryPath(`${ggufVectors}/stories260K-q8_0.gguf`)).toString("latin1");
  // A suffix in capitals, and a model's eyes beside it.
  await drop(page, { "stories.GGUF": gguf, "mmproj-stories-f16.gguf": "GGUF" });
  await page.locator('option[value="stories.GGUF"]').waitFor({ state: "attached" });
  await generate(page);
  const told = await page.locator(".answer").innerText();
  hold("a GGUF file that is dropped runs", told, "> 4 characters", told.length > 4);
  await page.screenshot({ path: join(into, "dropped-gguf.png"), fullPage: true });
  await untilSaid(page, "two GGUF models at once", /openFiles: .* must have one GGUF model/, () =>
    drop(page, { "a.gguf": gguf, "b.gguf": gguf }),
  );
  await untilSaid(page, "a GGUF file that is cut short", /readGguf: cut\.gguf: .* must .*, got/, () =>
    drop(page, { "cut.gguf": gguf.slice(0, 100_000) }),
  );
  await page.context().close();
};

/** A folder with a model of one tensor that is 5 GiB of nothing on the disk: its embedding. */
const largeModel = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk-large-"));
  const small = readFileSync(new URL("model.safetensors", stories260K.url));
  const config = JSON.parse(readFileSync(new URL("config.json", stories260K.url), "utf8")) as Record<string, unknown>;
  const headerLength = Number(small.readBigUInt64LE(0));
  type Entry = { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets: readonly number[] };
  const { __metadata__: _, ...tensors } = JSON.parse(small.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    Entry
  >;
  const vocabSize = (5 * 2 ** 30) / (4 * Number(config["hidden_size"]));
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape }]) => {
    const dims = shape[0] === config["vocab_size"] ? [vocabSize, ...shape.slice(1)] : shape;
    const begin = end;
    end += 4 * dims.reduce((product, size) => product * size, 1);
    return [name, { dtype, shape: dims, data_offsets: [begin, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, vocab_size: vocabSize }));
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat([length, header]));
  truncateSync(join(folder, "model.safetensors"), 8 + header.length + end);
  return folder;
};

const badInput = async (driven: Driven): Promise<void> => {
  const page = await driven.open();
  const address = page.getByLabel(/Address of a model/);
  const openAddress = (text: string) => async (): Promise<void> => {
    await address.fill(text);
    await page.getByRole("button", { name: "Open", exact: true }).click();
  };
  await untilSaid(page, "no address", /begins with https/, openAddress("nonsense"));
  await untilSaid(
    page,
    "a hub that cannot be reached",
    /must come from .*127\.0\.0\.1:9/,
    openAddress("http://127.0.0.1:9/model/"),
  );
  await untilSaid(page, "a run beyond the capacity", /at most .* would fit/, async () => {
    await page.getByLabel("New tokens, at most").fill("90000");
    await page.getByRole("button", { name: "Generate" }).click();
  });
  const large = largeModel();
  await untilSaid(page, "a model too large for the tab", /ask for 5(\.\d+)? GiB, and it has 4 GiB/, () =>
    page.locator("input[webkitdirectory]").setInputFiles(large),
  );
  rmSync(large, { recursive: true });
  await untilSaid(
    page,
    "files that are dropped and are no model",
    /no config.json, no .onnx and no .gguf file among the 1 file/,
    () => drop(page, { "notes.txt": "nothing" }),
  );
  await page.getByLabel("New tokens, at most").fill("400");
  await untilSaid(page, "a worker that dies", /the worker must be alive, .* started anew/, async () => {
    await page.getByRole("button", { name: "Generate" }).click();
    await page.waitForFunction(() => {
      const { document } = globalThis as unknown as {
        document: { querySelector: (s: string) => { textContent: string } };
      };
      return document.querySelector(".answer").textContent.length > 40;
    });
    await page.workers()[0]!.evaluate(() => (globalThis as unknown as { close: () => void }).close());
  });
  await page.getByLabel("New tokens, at most").fill("8");
  await generate(page);
  hold("the page goes on", await page.locator(".answer").innerText(), "an answer", true);
  await page.context().close();
};

/** Random weights large enough for a second thread to pay, and a tokenizer, in the folder that is served. */
const largerModel = ({ folder, address }: Driven): string => {
  const output = join(folder, "llama-26m");
  const shape = ["--shape", "llama-26m", "--type", "F32", "--shards", "1"];
  execFileSync("npm", ["run", "--silent", "random-checkpoint", "--", ...shape, "--output", output]);
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(new URL(name, stories260K.url), join(output, name));
  return `${address}llama-26m/`;
};

const threads = async (driven: Driven): Promise<void> => {
  for (const [model, newTokens] of [
    ["passkey-875k", 300],
    [largerModel(driven), 100],
  ] as const)
    for (const count of [1, 2]) {
      const page = await driven.open(
        `#model=${encodeURIComponent(model)}&backend=wasm&threads=${count}&newTokens=${newTokens}&temperature=0&prompt=the%20grass`,
      );
      await generate(page);
      await generate(page);
      const text = await page.locator("#run dl").innerText();
      const what = `WebAssembly, ${count} threads, ${model.split("/").at(-2) ?? model}`;
      hold(what, text.replaceAll("\n", " "), "runs", /Writing\s+[\d.,]+ tokens/.test(text));
      await page.context().close();
    }
};

/** Devices that the worker asks for from now on are at hand in it, as `device`. */
const keepDevice = (worker: Worker): Promise<void> =>
  worker.evaluate(() => {
    type Adapter = { requestDevice: (...asked: unknown[]) => Promise<unknown> };
    const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: Adapter } }).GPUAdapter;
    const { requestDevice } = prototype;
    prototype.requestDevice = async function (...asked) {
      const device = await requestDevice.apply(this, asked);
      Object.assign(globalThis, { device });
      return device;
    };
  });

/** On the software driver: what it computes is the point, not how fast. */
const onGpu = async (): Promise<void> => {
  const gpu = await drive(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]);
  try {
    const page = await gpu.open("#newTokens=12&temperature=0");
    const [worker] = page.workers();
    await keepDevice(worker!);
    const chosen = await page.getByLabel("Runs on").inputValue();
    const answer = (): Promise<string> => page.locator(".answer").innerText();
    await generate(page);
    const story = ", there was a little girl named Lily. She";
    const told = await answer();
    hold(
      "WebGPU is chosen where there is one, and runs",
      `${chosen}: ${told}`,
      story,
      chosen === "webgpu" && told.startsWith(story),
    );
    await page.getByLabel("New tokens, at most").fill("400");
    await untilSaid(page, "a GPU that is lost", /The GPU was lost\. .* started anew/, async () => {
      await page.getByRole("button", { name: "Generate" }).click();
      while ((await answer()).length < story.length) await page.waitForTimeout(50);
      await worker!.evaluate(() => (globalThis as unknown as { device: { destroy: () => void } }).device.destroy());
    });
    await page.getByLabel("New tokens, at most").fill("12");
    await generate(page);
    const again = await answer();
    hold("the page goes on, on a new device", again, story, again.startsWith(story));
  } finally {
    await gpu.close();
  }
};

const byKeys = async (driven: Driven): Promise<void> => {
  const page = await driven.open("#newTokens=8", { reducedMotion: "reduce" });
  await isOpen(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.getByText("Done.").waitFor({ timeout: 60_000 });
  hold("from the top of the page to an answer by keys alone", "Tab, Enter, Ctrl+Enter", "an answer", true);
  await page.context().close();
};

if (executablePath === undefined) throw new Error("check:playground: there must be a Chromium, got none");
const into = process.argv[2] ?? join(tmpdir(), "ropewalk-playground");
mkdirSync(into, { recursive: true });
const driven = await drive();
try {
  sizes(driven);
  await policy(driven);
  await firstPaint(driven);
  await byKeys(driven);
  await families(driven, into);
  await chatted(driven);
  await dropped(driven, into);
  await badInput(driven);
  await threads(driven);
  await onGpu();
  await compared(driven, into);
  await looks(driven, into);
} finally {
  await driven.close();
}
const failed = rows.filter(({ holds }) => !holds).length;
console.log(`${rows.length} checks, ${failed} failed; screenshots in ${into}`);
process.exitCode = failed > 0 ? 1 : 0;
