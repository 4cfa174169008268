/** Weights that are no numbers: every way of running says so, with the model's name and the position. */
import { selfExtend } from "@ropewalk/context-extension";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { onnxExports } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import {
  argmax,
  loadModel,
  openModel,
  sample,
  startSampling,
  type GenerateOptions,
  type LanguageModel,
} from "../../src/index.ts";
import { backends, load } from "../backends.ts";

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, stories260K.url)));

/** One whose weights lie beside it. */
const exported = inRepository(`${onnxExports}/genai-cpu-llama3/`);

const hiddenDim = 64;

type Header = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }>
>;

const readHeader = (weights: Uint8Array): { readonly header: Header; readonly start: number } => {
  const length = Number(new DataView(weights.buffer).getBigUint64(0, true));
  return { header: JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length))) as Header, start: 8 + length };
};

const folderOf = (config: Uint8Array, weights: Uint8Array): CheckpointFolder =>
  inMemory("spoilt", { "config.json": config, "tokenizer.json": file("tokenizer.json"), "model.safetensors": weights });

/** The shipped model with one weight changed. */
const withWeight = (tensor: string, index: number, value: number): CheckpointFolder => {
  const weights = file("model.safetensors").slice();
  const { header, start } = readHeader(weights);
  new DataView(weights.buffer).setFloat32(start + header[tensor]!.data_offsets[0] + 4 * index, value, true);
  return folderOf(file("config.json"), weights);
};

/** The shipped model with a head of its own, the same numbers, and NaN in the embedding of one token. */
const withToken = (spoiltToken: number): CheckpointFolder => {
  const weights = file("model.safetensors").slice();
  const { header, start } = readHeader(weights);
  const { __metadata__: _, ...tensors } = header as Header & { readonly __metadata__?: unknown };
  const embedding = tensors["model.embed_tokens.weight"]!;
  const [from, to] = embedding.data_offsets;
  const end = weights.length - start;
  const text = JSON.stringify({ ...tensors, "lm_head.weight": { ...embedding, data_offsets: [end, end + to - from] } });
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const all = new Uint8Array(8 + head.length + end + to - from);
  const view = new DataView(all.buffer);
  view.setBigUint64(0, BigInt(head.length), true);
  all.set(head, 8);
  all.set(weights.subarray(start), 8 + head.length);
  all.set(weights.subarray(start + from, start + to), 8 + head.length + end);
  view.setFloat32(8 + head.length + from + 4 * hiddenDim * spoiltToken, Number.NaN, true);
  const config = JSON.parse(new TextDecoder().decode(file("config.json"))) as object;
  return folderOf(new TextEncoder().encode(JSON.stringify({ ...config, tie_word_embeddings: false })), all);
};

const token = 403;

/** Where the first run's logits are no numbers, by the weight that is none. */
const spoilt: readonly (readonly [string, CheckpointFolder, number])[] = [
  ["NaN in a norm", withWeight("model.norm.weight", 5, Number.NaN), 0],
  ["NaN in the first layer", withWeight("model.layers.0.input_layernorm.weight", 0, Number.NaN), 0],
  ["Infinity in a product", withWeight("model.layers.2.mlp.down_proj.weight", 9, Infinity), 0],
  // Tied: the token's row is read where the token is, and as a row of the head everywhere.
  ["NaN in one row of the head", withWeight("model.embed_tokens.weight", 77 * hiddenDim + 3, Number.NaN), 0],
];

const ids = [1, token, 407, 261, 378];

const drain = async (model: LanguageModel, options: GenerateOptions): Promise<number> => {
  let given = 0;
  for await (const _ of model.generateTokens(ids, { maxNewTokens: 6, stopTokens: [], ...options })) given += 1;
  return given;
};

const drawn = { sampling: { kind: "sample", temperature: 1, seed: 1 } } as const;
const said = (position: number): RegExp =>
  new RegExp(
    `^run: logits of spoilt at position ${position} must be numbers, got (NaN|Infinity|NaN or Infinity)( for token \\d+)?;`,
  );

describe.each(backends)("logits that are no numbers on $name", (backend) => {
  it.each(spoilt)("%s", async (_, folder, position) => {
    for (const extension of [{}, selfExtend({ groupSize: 4, window: 4 })]) {
      const model = await loadModel(folder, { backend, extension });
      const last = ids.length - 1;
      await expect(drain(model, {})).rejects.toThrow(said(extension.positions ? 3 : last));
      await expect(drain(model, drawn)).rejects.toThrow(said(extension.positions ? 3 : last));
      await expect(drain(model, { stepsPerRun: 4 })).rejects.toThrow(RangeError);
      await expect(model.logits(ids)).rejects.toThrow(said(position));
      await expect(model.visitLogits(ids, () => undefined, { chunkSize: 2 })).rejects.toThrow(said(position));
      await model.release();
    }
  });

  it("a token whose embedding is NaN ends the run where it comes, step by step and with several steps a run", async () => {
    const whole = await load(backend, stories260K);
    const story: number[] = [];
    for await (const next of whole.generateTokens(ids, { maxNewTokens: 8, stopTokens: [] })) story.push(next);
    await whole.release();
    const at = story.findIndex((next, step) => step > 1 && !ids.includes(next) && story.indexOf(next) === step);
    const model = await loadModel(withToken(story[at]!), { backend });
    for (const stepsPerRun of [1, 5]) {
      const given: number[] = [];
      const run = async (): Promise<void> => {
        const options = { maxNewTokens: 8, stopTokens: [], stepsPerRun };
        for await (const next of model.generateTokens(ids, options)) given.push(next);
      };
      await expect(run()).rejects.toThrow(said(ids.length + at));
      // What a block picked before it is lost with it; what was given out is right.
      expect(given).toEqual(story.slice(0, given.length));
      if (stepsPerRun === 1) expect(given).toHaveLength(at + 1);
    }
    await model.release();
  });
});

describe("sample and argmax", () => {
  const logits = (...values: readonly number[]): Float32Array => Float32Array.from(values);
  const drawnBy = { kind: "sample", temperature: 1, seed: 1 } as const;

  it.each([
    [logits(0, Number.NaN, 1), "got NaN at index 1"],
    [logits(Number.NaN, Number.NaN), "got NaN at index 0"],
    [logits(0, 1, Infinity), "got Infinity at index 2"],
    [logits(Infinity, -Infinity), "got Infinity at index 0"],
  ])("refuse %s", (given, message) => {
    expect(() => argmax(given)).toThrow(new RangeError(`argmax: logits must be numbers below Infinity, ${message}`));
    const state = startSampling(drawnBy);
    expect(() => sample(drawnBy, state, given)).toThrow(`sample: logits must be numbers below Infinity, ${message}`);
    expect(() => sample({ kind: "greedy" }, state, given)).toThrow(message);
  });

  it("take tokens that are ruled out", () => {
    const given = logits(-Infinity, 2, -Infinity);
    expect(argmax(given)).toBe(1);
    expect(sample(drawnBy, startSampling(drawnBy), given).token).toBe(1);
  });
});

describe("checkWeights", () => {
  const [cpu] = backends;

  it.each(spoilt)("names the tensor of %s", async (what, folder) => {
    const tensor = /norm|layer|product|head/.exec(what)![0];
    const names = {
      norm: "NaN at 5 of model.norm.weight",
      layer: "NaN at 0 of model.layers.0.input_layernorm.weight",
      product: "Infinity at 9 of model.layers.2.mlp.down_proj.weight",
      head: `NaN at ${77 * hiddenDim + 3} of model.embed_tokens.weight`,
    } as const;
    await expect(loadModel(folder, { backend: cpu!, checkWeights: true })).rejects.toThrow(
      new RangeError(
        `checkWeights: weights of spoilt must be finite numbers, got ${names[tensor as keyof typeof names]}`,
      ),
    );
  });

  it("finds nothing where all are numbers", async () => {
    const model = await loadModel(withWeight("model.norm.weight", 5, 1), { backend: cpu!, checkWeights: true });
    await model.release();
  });

  it("names the tensor of an export, in a file beside it", async () => {
    const { source } = await openFolder(exported).then((folder) => openModel(folder));
    if (source.kind !== "export") throw new Error("an export is needed");
    const model = await loadModel({ source, text: undefined }, { backend: cpu!, checkWeights: true });
    await model.release();
    const files = source.files.map((stored) => {
      const read = async (from: number, to: number): Promise<Uint8Array> => {
        const bytes = (await stored.source.read(from, to)).slice();
        if (from <= 40 && to >= 44) new DataView(bytes.buffer).setFloat32(40 - from, Number.NaN, true);
        return bytes;
      };
      return { ...stored, source: { ...stored.source, read } };
    });
    expect(files.length).toBeGreaterThan(0);
    await expect(
      loadModel({ source: { ...source, files }, text: undefined }, { backend: cpu!, checkWeights: true }),
    ).rejects.toThrow(/^checkWeights: weights of .* must be finite numbers, got NaN at 10 of \S+$/);
  });
});
