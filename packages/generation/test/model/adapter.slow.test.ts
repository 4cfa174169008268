/** Models with adapters: PEFT's logits, over dense weights and over blocks, alone and several, and what is shared stays shared. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { selfExtend } from "@ropewalk/context-extension";
import {
  convertCheckpoint,
  holdFiles,
  inMemory,
  loadAdapter,
  loadCheckpoint,
  quantizeCheckpoint,
  unpackCheckpoint,
  withAdapters,
} from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors, onnxExports } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { argmax, loadModel, type LanguageModel, type LoadOptions } from "../../src/index.ts";

const vectors = inRepository(`${modelVectors}/`);
const lora = new URL("lora/", vectors);
const golden = JSON.parse(readFileSync(new URL("golden-logits.json", lora), "utf8")) as {
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};
const ids = golden.inputIds;
const folder = await openFolder(new URL("tiny/llama/", vectors));

const backends: Readonly<Record<string, () => Backend>> = {
  cpu: () => cpu({ threads: 1 }),
  wasm: () => wasm({ threads: 1 }),
};

const logitsOf = async (options: LoadOptions): Promise<Float32Array> => {
  const model = await loadModel(folder, options);
  const logits = await model.logits(ids);
  await model.release();
  return logits;
};

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, element, at) => Math.max(most, Math.abs(element - b[at]!)), 0);
};

describe.each(Object.entries(backends))("%s", (_, backendOf) => {
  let backend: Backend;
  let model: LanguageModel;
  let logits: Float32Array;
  beforeAll(async () => {
    backend = backendOf();
    model = await loadModel(folder, { backend, adapter: lora });
    logits = await model.logits(ids);
  });
  afterAll(() => model.release());

  it("gives PEFT's logits", () => {
    const { vocabSize } = model.extended.decoder;
    expect(apart(logits.subarray(-vocabSize), golden.logitsLast)).toBeLessThan(1e-4);
    expect(ids.map((_id, at) => argmax(logits, at * vocabSize, vocabSize))).toEqual(golden.argmaxAll);
  });

  it("gives them with half of it twice, and with all of it and none", async () => {
    const half = { source: lora, scale: 0.5 };
    expect(apart(await logitsOf({ backend, adapter: [half, half] }), logits)).toBeLessThan(1e-4);
    const none = { source: lora, scale: 0 };
    expect(apart(await logitsOf({ backend, adapter: [lora, none] }), logits)).toBeLessThan(1e-4);
    const plain = await logitsOf({ backend });
    expect(apart(await logitsOf({ backend, adapter: none }), plain)).toBeLessThan(1e-4);
    expect(apart(await logitsOf({ backend, adapter: [] }), plain)).toBe(0);
    expect(apart(plain, logits)).toBeGreaterThan(1);
  });

  it("has the adapter under every extension, step by step too", async () => {
    const extension = selfExtend({ groupSize: 2, window: 16 });
    const extended = await model.withExtension(extension);
    const loaded = await loadModel(folder, { backend, adapter: lora, extension });
    expect(await extended.logits(ids)).toEqual(await loaded.logits(ids));
    const prompt = ids.slice(0, 8);
    const steps = { maxNewTokens: 12, stopTokens: [] };
    const tokens: number[] = [];
    for await (const token of model.generateTokens(prompt, steps)) tokens.push(token);
    const all = await model.logits([...prompt, ...tokens]);
    const { vocabSize } = model.extended.decoder;
    expect(tokens).toEqual(tokens.map((_token, at) => argmax(all, (prompt.length - 1 + at) * vocabSize, vocabSize)));
    await loaded.release();
  });

  it.each(["q4", "q8"] as const)("stands beside weights in %s", async (quantize) => {
    const beside = await logitsOf({ backend, adapter: lora, quantize });
    // The rounded weights unpacked, with the adapter merged into them.
    const unpacked = await unpackCheckpoint(await quantizeCheckpoint(await loadCheckpoint(folder), quantize));
    const adapter = await loadAdapter(await openFolder(lora));
    const dense = {
      ...unpacked,
      tensors: new Map(
        Object.entries(unpacked.decoder.tensors).map(([name, dims]) => {
          const { offset, length } = unpacked.locate(name);
          return [name, { name, type: "F32" as const, dims, file: name, offset, length }];
        }),
      ),
    };
    const files = await convertCheckpoint(withAdapters(dense, [{ adapter }]), undefined);
    const source = await holdFiles(
      "merged",
      files.filter(({ name }) => name !== "config.json"),
    );
    const config = (await folder.file("config.json"))!;
    const merged = await loadModel(
      { ...source, file: async (name) => (name === "config.json" ? config : source.file(name)) },
      { backend },
    );
    const wanted = await merged.logits(ids);
    await merged.release();
    // Where products read blocks they round activations to 8 bits.
    expect(apart(beside, wanted)).toBeLessThan(backend.quantizedWeights === "unpacked" ? 1e-4 : 0.3);
    expect(apart(beside, await logitsOf({ backend, quantize }))).toBeGreaterThan(1);
  });
});

describe("loadModel", () => {
  const rejection = async (adapter: unknown): Promise<string> =>
    loadModel(folder, { backend: cpu(), adapter } as LoadOptions).then(() => "nothing", String);

  it("refuses what is no adapter, by its name", async () => {
    expect(await rejection(3)).toMatch(/^TypeError: loadModel: adapter must be a folder's path or URL, .*, got 3$/);
    expect(await rejection(null)).toMatch(/^(Type|Range)Error: loadModel: adapter must be .*, got null$/);
    expect(await rejection({})).toMatch(/^RangeError: loadModel: adapter\.source must be .*, got nothing$/);
    expect(await rejection({ source: lora, scale: "1" })).toBe(
      'TypeError: loadModel: adapter.scale must be a number, got "1"',
    );
    expect(await rejection({ source: lora, scale: NaN })).toBe(
      "RangeError: loadModel: adapter.scale must be finite, got NaN",
    );
    const exported = inRepository(`${onnxExports}/genai-cpu-llama/`);
    const refused = loadModel(exported, { backend: cpu(), adapter: lora, model: "model.onnx" }).then(() => "", String);
    expect(await refused).toMatch(
      /^TypeError: loadModel: adapter: .* must be a checkpoint in safetensors, got an ONNX/,
    );
    expect(await rejection({ folder: lora })).toMatch(/^TypeError: .* got "folder"; source is meant\?$/);
    expect(await rejection("/nowhere/at/all")).toMatch(/^RangeError: openFolder: \/nowhere\/at\/all must be a folder/);
  });

  it("has the extension and the window that an adapter states, unless others are asked for", async () => {
    const tuned = { trainedContext: 256, extension: { rope: { kind: "abf", theta: 500_000 } } };
    const stated = inMemory("stated", { "ropewalk.json": new TextEncoder().encode(JSON.stringify(tuned)) });
    const peft = await openFolder(lora);
    const adapter = { name: "stated", file: async (name: string) => (await stated.file(name)) ?? peft.file(name) };
    const contextOf = async (options: Omit<LoadOptions, "backend">) => {
      const model = await loadModel(folder, { backend: cpu({ threads: 1 }), ...options });
      const { decoder, scaling } = model.extended;
      await model.release();
      return [decoder.trainedContext, scaling.kind];
    };
    expect(await contextOf({ adapter })).toEqual([256, "abf"]);
    expect(await contextOf({ adapter, quantize: "q8" })).toEqual([256, "abf"]);
    expect(await contextOf({ adapter, extension: {} })).toEqual([256, "default"]);
    expect(await contextOf({ adapter, trainedContext: 128 })).toEqual([128, "abf"]);
    expect(await contextOf({ trainedContext: 48, quantize: "q8" })).toEqual([48, "default"]);
  });
});
