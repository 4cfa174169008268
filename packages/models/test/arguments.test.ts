/** Arguments that JavaScript lets through: each refused in the house's form, with what was meant. */
import { checkpointFolders } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf, thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it, vi } from "vitest";
import {
  depthUpscale,
  hasWeights,
  inMemory,
  llama,
  loadCheckpoint,
  openUrl,
  quantizeBlocks,
  readJson,
  readModelTexts,
  readRotation,
} from "../src/index.ts";
import * as inPage from "../src/browser/hub.ts";
import { openHub, openSource, type HubOptions } from "../src/hub.ts";

const anyOf = (value: unknown): never => value as never;

describe("a folder that nobody opened", () => {
  const calls = {
    loadCheckpoint: (folder: never) => loadCheckpoint(folder),
    hasWeights: (folder: never) => hasWeights(folder),
    readJson: (folder: never) => readJson(folder, "config.json"),
    readModelTexts: (folder: never) => readModelTexts(folder, {}, 5),
  };
  it.each(Object.entries(calls))("is refused by %s", async (name, call) => {
    const rule = `TypeError: ${name}: folder must be a folder that openFolder, openUrl, openHub or inMemory opened, got`;
    expect(await rejectionOf(call(anyOf(checkpointFolders.llama)))).toContain(`${rule} "file:///`);
    expect(await rejectionOf(call(anyOf("./model")))).toBe(`${rule} "./model"`);
    expect(await rejectionOf(call(anyOf(undefined)))).toBe(`${rule} nothing`);
    expect(await rejectionOf(call(anyOf({ name: "m" })))).toBe(`${rule} an object`);
  });
});

describe("options", () => {
  const decoder = llama.read(smallConfig);
  it.each<readonly [string, () => unknown, string]>([
    [
      "depthUpscale",
      () => depthUpscale(decoder, anyOf({ drop: 0, Drop: 1 })),
      'config must have no keys but drop, got "Drop"; drop is meant?',
    ],
    ["depthUpscale", () => depthUpscale(decoder, anyOf(undefined)), "config must be an object, got nothing"],
    ["readRotation", () => readRotation(smallConfig, anyOf({ head_dim: 4 })), 'got "head_dim"; headDim is meant?'],
    ["readRotation", () => readRotation(smallConfig, anyOf({ headDim: "4" })), 'headDim must be a number, got "4"'],
    [
      "quantizeBlocks",
      () => quantizeBlocks(anyOf({ bits: 4, block_size: 32 }), new Float32Array(32), 32),
      'got "block_size"; blockSize is meant?',
    ],
  ])("of %s are known", (name, call, rule) => {
    const message = thrownBy(call);
    expect(message.startsWith(`TypeError: ${name}: `), message).toBe(true);
    expect(message).toContain(rule);
  });

  it.each<readonly [string, () => Promise<unknown>, string]>([
    ["openHub", () => openHub(anyOf({ id: "a/b", cacheDir: "x" })), "options must have no keys but"],
    ["openHub", () => openHub(anyOf("a/b")), 'options must be an object, got "a/b"'],
    ["openSource", () => openSource("a/b", anyOf({ cache_folder: "x" })), 'got "cache_folder"; cacheFolder is meant?'],
    ["openSource", () => openSource(anyOf(checkpointFolders.llama)), "source must be a path or an id, got a URL"],
  ])("of %s are known", async (name, call, rule) => {
    const message = await rejectionOf(call());
    expect(message.startsWith(`TypeError: ${name}: `), message).toBe(true);
    expect(message).toContain(rule);
  });

  const refused = {
    id: [5, null, new URL("https://huggingface.co")],
    revision: [3, null, {}],
    gguf: [5, null, {}, "../m.gguf", ""],
    cacheFolder: [5, "", new URL("file:///cache"), null],
    token: [5, null, {}, "secret", "hf_a b"],
    endpoint: [
      new URL("https://huggingface.co"),
      5,
      null,
      "",
      "nope",
      "huggingface.co",
      "ftp://huggingface.co",
      "file:///hub",
      "localhost:8080",
      "https://user:secret@huggingface.co",
      "https://huggingface.co?secret",
      "https://huggingface.co/#secret",
    ],
    fetch: [5, "fetch", null],
    timeout: ["10", 0, -1, Number.NaN, null],
    signal: [new AbortController(), "signal", 5, null],
    onProgress: [5, null, "log"],
    onNotice: [5, null, "log"],
  } satisfies Readonly<Record<keyof HubOptions, readonly unknown[]>>;
  const hubs = { "in Node": { openHub, openSource }, "in a page": inPage };
  const optionsOfHub = Object.entries(hubs).flatMap(([place, hub]) =>
    Object.entries(refused).map(([option, values]) => [place, option, hub, values] as const),
  );
  it.each(optionsOfHub)("of a hub %s: %s is checked, before anything is asked", async (_place, option, hub, values) => {
    const fetch = vi.fn<() => never>();
    const sources = ["id", "revision", "gguf"].includes(option) ? [] : [{ fetch, [option]: undefined }];
    for (const value of values) {
      const got = await rejectionOf(hub.openHub(anyOf({ id: "a/b", fetch, [option]: value })));
      const form = `(Type|Range)Error: openHub: (${option}|the token \\(HF_TOKEN\\)) must .*, got .+$`;
      expect(got, String(value)).toMatch(new RegExp(`^${form}`));
      if (typeof value !== "string" && typeof value !== "number") expect(got).toMatch(/^TypeError/);
      expect(got).not.toContain("secret");
      for (const source of sources)
        expect(await rejectionOf(hub.openSource("a/b", anyOf({ ...source, [option]: value })))).toMatch(
          new RegExp(`^${form.replace("openHub", "openSource")}`),
        );
    }
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([{ cache: 5 }, { cache: "" }, { onNotice: 5 }, { timeout: "1" }])("of openUrl: %j is refused", (options) => {
    expect(thrownBy(() => openUrl(new URL("https://a.b/c"), anyOf(options)))).toMatch(
      new RegExp(`^(Type|Range)Error: openUrl: ${Object.keys(options)[0]!} must .*, got`),
    );
  });

  it("are fine where they are", async () => {
    expect(depthUpscale(decoder, { drop: 0 }).numLayers).toBe(2);
    expect(await hasWeights(inMemory("m", {}))).toBe(false);
  });
});
