/** Arguments that JavaScript lets through: each refused in the house's form, with what was meant. */
import { checkpointFolders } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf, thrownBy } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import {
  depthUpscale,
  hasWeights,
  inMemory,
  llama,
  loadCheckpoint,
  quantizeBlocks,
  readJson,
  readModelTexts,
  readRotation,
} from "../src/index.ts";
import { openHub, openSource } from "../src/hub.ts";

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

  it("are fine where they are", async () => {
    expect(depthUpscale(decoder, { drop: 0 }).numLayers).toBe(2);
    expect(await hasWeights(inMemory("m", {}))).toBe(false);
  });
});
