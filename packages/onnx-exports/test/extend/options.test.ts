/** Wrong options and wrong extensions: each is an error, and none gives the plain model. */
import { logN, selfExtend } from "@ropewalk/context-extension";
import { inMemory } from "@ropewalk/models";
import { configOf, modelOf } from "@ropewalk/testing/exports/export-files";
import { describe, expect, it } from "vitest";
import { extendConfigs, extendExport, loadExport } from "../../src/index.ts";
import { extendFolder, trainedContextOf } from "../../src/node.ts";

const name = "genai-cpu-llama";
const extension = selfExtend({ groupSize: 4, window: 16 });
const config = configOf(name);

/** Values that only JavaScript lets through. */
const anything = (value: unknown): never => value as never;

const keys = "positions, rope, entropy";

describe.each<readonly [string, unknown, string]>([
  [
    "a constructor that was not called",
    selfExtend,
    "extension must be what the constructor gives (call it with its numbers), got the function selfExtend",
  ],
  ["text", "self-extend", 'extension must be an object, got "self-extend"'],
  ["a list", [extension], "extension must be an object, got [an object]"],
  ["nothing", undefined, "extension must be an object, got nothing"],
  ["a mapping by itself", extension.positions, `extension must have no keys but ${keys}, got "name"`],
  [
    "an entropy scaling by itself",
    logN({ trainedContext: 64 }).entropy,
    `extension must have no keys but ${keys}, got`,
  ],
  [
    "a key that is nearly right",
    { position: extension.positions },
    `extension must have no keys but ${keys}, got "position"; positions is meant?`,
  ],
])("an extension that is none: %s", (_, wrong, message) => {
  it("in extendExport", () => {
    const call = () => extendExport({ extension: anything(wrong), config }, modelOf(name));
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`extendExport: ${message}`);
  });
});

describe("unknown keys", () => {
  it.each<readonly [string, () => unknown, string]>([
    [
      "extendExport",
      () => extendExport(anything({ extension, config, genai: {} }), modelOf(name)),
      'extendExport: options must have no keys but extension, config, genaiConfig, replace, runtime, cache, attentions, tables, engines, file, got "genai"',
    ],
    [
      "extendExport, tables",
      () => extendExport({ extension, config, tables: anything([{ tensor: "a" }, { rows: 1 }]) }, modelOf(name)),
      "extendExport: tables must have bytes, a Uint8Array, got nothing",
    ],
    [
      "extendExport, replace",
      () => extendExport({ extension, config, replace: anything("yes") }, modelOf(name)),
      "extendExport: replace must be true or false, got yes",
    ],
    [
      "extendExport, no options",
      () => extendExport(anything(undefined), modelOf(name)),
      "extendExport: options must be an object, got nothing",
    ],
    [
      "extendExport, no bytes",
      () => extendExport({ extension, config }, anything("model.onnx")),
      'decode: bytes must be a Uint8Array, got "model.onnx"',
    ],
    [
      "extendConfigs",
      () => extendConfigs(anything({ extension, config, cache: "q8" })),
      'extendConfigs: options must have no keys but extension, config, tokenizerConfig, runtime, got "cache"',
    ],
    [
      "extendConfigs, extension",
      () => extendConfigs({ extension: anything(selfExtend), config }),
      "extendConfigs: extension must be what the constructor gives",
    ],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
  });

  it.each<readonly [string, () => Promise<unknown>, string]>([
    [
      "extendFolder",
      () => extendFolder(anything({ extension, output: "x" }), "a", "b"),
      'extendFolder: options must have no keys but extension, model, replace, link, runtime, cache, attentions, engines, got "output"',
    ],
    [
      "extendFolder, extension",
      () => extendFolder({ extension: anything(selfExtend) }, "a", "b"),
      "extendFolder: extension must be what the constructor gives (call it with its numbers), got the function selfExtend",
    ],
    [
      "trainedContextOf",
      () => trainedContextOf(anything({ modle: "x" }), "a"),
      'trainedContextOf: options must have no keys but model, got "modle"',
    ],
    [
      "loadExport",
      () => loadExport(anything({ path: "x" }), inMemory("none", {})),
      'loadExport: options must have no keys but model, got "path"',
    ],
  ])("%s", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});
