/** Adapters that are learned: their gradients, the loop, and the folder that the loader reads. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { logN } from "@ropewalk/context-extension";
import { loadModel, needCheckpoint, type LanguageModel } from "@ropewalk/generation";
import {
  adapterTensor,
  holdFiles,
  loadAdapter,
  loadCheckpoint,
  quantizeCheckpoint,
  readJson,
  unpackCheckpoint,
  withAdapters,
} from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  adapterFolder,
  cutText,
  identifyRun,
  openLossGraph,
  readParameters,
  train,
  tunedCheckpoint,
  type LoraConfig,
  type Parameters,
  type TrainConfig,
} from "../src/index.ts";
import { frozenBeside, loraOf, startLora } from "../src/weights/lora.ts";

const vectors = inRepository(`${modelVectors}/`);
const folder = await openFolder(new URL("tiny/llama/", vectors));
const seqLen = 24;
const ids = Array.from({ length: 8 * seqLen }, (_, at) => (at * 7 + ((at * at) % 11)) % 128);
const data = cutText(ids, seqLen);
const extension = logN({ trainedContext: 16 });
const lora: LoraConfig = { rank: 3, alpha: 6, targets: ["q_proj", "v_proj", "down_proj"] };
const numbers = { seqLen, steps: 4, batchSize: 4, learningRate: 1e-2 };

const backends: Readonly<Record<string, () => Backend>> = {
  cpu: () => cpu({ threads: 1 }),
  wasm: () => wasm({ threads: 1 }),
};

/** Every element of B moved off 0, so that A has gradients. */
const moved = (parameters: Parameters): Parameters =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, { dims, data: elements }]) => [
      name,
      { dims, data: name.includes("lora_B") ? elements.map((_, at) => 0.05 * Math.sin(at + 1)) : elements },
    ]),
  );

describe.each(Object.entries(backends))("on %s", (_, backendOf) => {
  let model: LanguageModel;
  let backend: Backend;
  beforeAll(async () => {
    backend = backendOf();
    model = await loadModel(folder, { backend, extension });
  });
  afterAll(() => model.release());

  it.each([undefined, "q4"] as const)(
    "has the gradients of the merged weights, by the chain rule, over %s",
    async (quantize) => {
      const dense = await loadCheckpoint(folder);
      const checkpoint = quantize === undefined ? dense : await quantizeCheckpoint(dense, quantize);
      const { decoder } = checkpoint;
      const extended = { ...model.extended, decoder };
      const decided = loraOf("test", decoder, lora);
      const parameters = moved(startLora(decided, decoder, 1));
      const [batch, scale] = [{ batchSize: 2, seqLen }, 2];
      const frozen = await frozenBeside(decided, checkpoint, backend);
      const graph = await openLossGraph({ backend, extended, batch, learned: Object.keys(parameters), frozen });
      const sequences = { ids: data.slice(0, 2).map((sample) => sample.ids) };
      const { gradients, loss } = await graph.gradients(parameters, sequences);
      expect(Math.abs((await graph.loss(parameters, sequences)) - loss)).toBeLessThan(1e-6);
      expect(Object.keys(gradients)).toEqual(Object.keys(parameters));
      await graph.release();

      // W + s B A in the graph that learns all weights: dA = s Bᵀ G and dB = s G Aᵀ, G the gradient of the whole.
      const whole = await readParameters(await unpackCheckpoint(checkpoint));
      const modules = [...decided.modules].map(([module, name]) => {
        const [a, b] = [parameters[adapterTensor(module, "A")]!, parameters[adapterTensor(module, "B")]!];
        return { module, name, a: a.data, b: b.data, inner: a.dims[1]!, out: b.dims[0]! };
      });
      const rank = decided.rank;
      for (const { name, a, b, inner } of modules) {
        const { data: elements } = whole[name]!;
        for (let at = 0; at < elements.length; at++)
          for (let r = 0; r < rank; r++)
            elements[at]! += scale * b[Math.floor(at / inner) * rank + r]! * a[r * inner + (at % inner)]!;
      }
      const all = await openLossGraph({ backend, extended, batch, learned: [...decided.modules.values()] });
      const merged = await all.gradients(whole, sequences);
      await all.release();
      // Where products read blocks they round activations to 8 bits.
      const bound = quantize === undefined || backend.quantizedWeights === "unpacked" ? 1e-4 : 0.2;
      expect(Math.abs(merged.loss - loss)).toBeLessThan(bound);
      const sum = (count: number, term: (at: number) => number): number =>
        scale * Array.from({ length: count }, (_none, at) => term(at)).reduce((total, each) => total + each, 0);
      for (const { module, name, a, b, inner, out } of modules) {
        const G = merged.gradients[name]!;
        const wanted = {
          A: a.map((_element, at) =>
            sum(out, (o) => b[o * rank + Math.floor(at / inner)]! * G[o * inner + (at % inner)]!),
          ),
          B: b.map((_element, at) =>
            sum(inner, (k) => G[Math.floor(at / rank) * inner + k]! * a[(at % rank) * inner + k]!),
          ),
        };
        for (const side of ["A", "B"] as const) {
          const got = gradients[adapterTensor(module, side)]!;
          const largest = wanted[side].reduce((most, element) => Math.max(most, Math.abs(element)), 0);
          const apart = got.reduce((most, element, at) => Math.max(most, Math.abs(element - wanted[side][at]!)), 0);
          expect(largest).toBeGreaterThan(0);
          expect(apart).toBeLessThan(bound * largest);
        }
      }
    },
  );

  it.each([undefined, "q4"] as const)(
    "learns over weights in %s, and the loader runs what it writes",
    async (quantize) => {
      const base = quantize === undefined ? model : await loadModel(folder, { backend, extension, quantize });
      const config: TrainConfig = { model: base, data, lora, ...numbers, evaluation: { data, every: 9 } };
      const { evaluations, state } = await train(config);
      expect(evaluations.at(-1)!.loss).toBeLessThan(evaluations[0]!.loss - 0.05);
      const held = await holdFiles("adapter", adapterFolder({ model: base, lora, seqLen }, state.parameters));
      const read = await loadAdapter(held);
      for (const [module, { A, B, rank, scale }] of read.modules) {
        expect([rank, scale]).toEqual([3, 2]);
        expect(A.data).toEqual(state.parameters[`base_model.model.${module}.lora_A.weight`]!.data);
        expect(B.data).toEqual(state.parameters[`base_model.model.${module}.lora_B.weight`]!.data);
      }
      const source = await loadCheckpoint(folder);
      const stored = quantize === undefined ? source : await quantizeCheckpoint(source, quantize);
      const after = await loadModel({ source: stored, text: undefined }, { backend, extension, adapter: held });
      const { vocabSize } = after.extended.decoder;
      let sum = 0;
      for (const { ids: sample } of data) {
        const logits = await after.logits(sample);
        for (let at = 0; at + 1 < sample.length; at++) {
          const row = logits.subarray(at * vocabSize, (at + 1) * vocabSize);
          sum += Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0)) - row[sample[at + 1]!]!;
        }
      }
      // Where products round activations to 8 bits, a last digit that two graphs sum in another order can be a step of that rounding.
      const bound = quantize === undefined || backend.quantizedWeights === "unpacked" ? 1e-4 : 1e-3;
      expect(Math.abs(sum / (data.length * (seqLen - 1)) - evaluations.at(-1)!.loss)).toBeLessThan(bound);
      await after.release();
      if (base !== model) await base.release();
    },
  );
});

describe("train", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(folder, { backend: cpu({ threads: 1 }), extension });
  });
  afterAll(() => model.release());
  const config = (): TrainConfig => ({ model, data, lora, ...numbers });

  it("begins with the model's own loss, A drawn from the seed and B zeros", async () => {
    const { decoder } = needCheckpoint("test", model.source);
    const decided = loraOf("test", decoder, { rank: 16 });
    const begun = startLora(decided, decoder, 3);
    expect(startLora(decided, decoder, 3)).toEqual(begun);
    expect(startLora(decided, decoder, 4)).not.toEqual(begun);
    for (const [name, { dims, data: elements }] of Object.entries(begun)) {
      if (name.includes("lora_B")) expect(elements.every((element) => element === 0)).toBe(true);
      else {
        const bound = 1 / Math.sqrt(dims[1]!);
        expect(elements.every((element) => Math.abs(element) <= bound)).toBe(true);
        const variance = elements.reduce((total, element) => total + element ** 2, 0) / elements.length;
        // That of a uniform distribution, within three of its own deviations.
        expect(Math.abs(variance - bound ** 2 / 3)).toBeLessThan((3 * 0.3 * bound ** 2) / Math.sqrt(elements.length));
      }
    }
    const all = await train({ ...config(), lora: undefined as never, steps: 1 }).catch((error: unknown) => error);
    expect(all).toMatchObject({ losses: [expect.any(Number)] });
    const one = await train({ ...config(), steps: 1 });
    expect(Math.abs(one.losses[0]! - (all as typeof one).losses[0]!)).toBeLessThan(1e-5);
  });

  it("gives the same run for the same seed, and goes on from where it stood", async () => {
    const whole = await train(config());
    expect((await train(config())).state.parameters).toEqual(whole.state.parameters);
    expect((await train({ ...config(), seed: 5 })).state.parameters).not.toEqual(whole.state.parameters);
    const stop = new AbortController();
    let state: TrainConfig["start"];
    await train({
      ...config(),
      signal: stop.signal,
      onStep: (step) => {
        state = structuredClone(step.state);
        if (step.step === 2) stop.abort(new Error("enough"));
      },
    }).catch(() => {});
    expect((await train({ ...config(), start: state! })).state.parameters).toEqual(whole.state.parameters);
  });

  it("learns a second adapter beside one, which counts and stays", async () => {
    const first = await train(config());
    const held = await holdFiles("first", adapterFolder({ model, lora, seqLen }, first.state.parameters));
    const adapted = await loadModel(folder, { backend: model.backend, extension, adapter: held });
    const second = await train({ ...config(), model: adapted, evaluation: { data, every: 9 } });
    const kept = await train({ ...config(), start: first.state, evaluation: { data, every: 9 } });
    expect(Math.abs(second.evaluations[0]!.loss - kept.evaluations[0]!.loss)).toBeLessThan(1e-5);
    await expect(train({ model: adapted, data, ...numbers })).rejects.toThrow(/readParameters: .* without adapters/);
    await expect(tunedCheckpoint(adapted.source, {})).rejects.toThrow(/tunedCheckpoint: .* without adapters/);
    const identities = await Promise.all([config(), { ...config(), model: adapted }].map(identifyRun));
    expect(identities[0]!.model).not.toBe(identities[1]!.model);
    await adapted.release();
  });

  it("is the way over weights in 4 bits, which are not learned themselves", async () => {
    const rounded = await loadModel(folder, { backend: model.backend, extension, quantize: "q4" });
    await expect(train({ model: rounded, data, ...numbers })).rejects.toThrow(
      /^readParameters: .* got blocks of a few bits; beside those an adapter is learned \(lora\)$/,
    );
    await rounded.release();
  });

  it("writes PEFT's config", async () => {
    const peft = JSON.parse(readFileSync(new URL("lora/adapter_config.json", vectors), "utf8")) as object;
    const like: LoraConfig = { rank: 4, alpha: 6, targets: ["q_proj", "o_proj", "v_proj", "down_proj"] };
    const { state } = await train({ ...config(), lora: like, steps: 1 });
    const held = await holdFiles("adapter", adapterFolder({ model, lora: like, seqLen }, state.parameters));
    expect(await readJson(held, "adapter_config.json")).toEqual({ ...peft, base_model_name_or_path: "llama" });
    const names = (await loadAdapter(held)).modules;
    const written = (await loadAdapter(await openFolder(new URL("lora/", vectors)))).modules;
    expect([...names.keys()].toSorted()).toEqual([...written.keys()].toSorted());
    for (const [module, { A, B }] of written) {
      expect([names.get(module)!.A.dims, names.get(module)!.B.dims]).toEqual([A.dims, B.dims]);
    }
    expect(
      withAdapters(needCheckpoint("test", model.source), [{ adapter: await loadAdapter(held) }]).adapters!.size,
    ).toBe(12);
  });

  it.each<readonly [lora: unknown, message: RegExp]>([
    [{ rank: 0 }, /^RangeError: train: rank must be an integer >= 1, got 0$/],
    [{ alpha: NaN }, /^RangeError: train: alpha must be finite, got NaN$/],
    [{ targets: [] }, /^RangeError: train: lora\.targets must be names of modules, got \[\]$/],
    [{ targets: "q_proj" }, /^TypeError: train: lora\.targets must be names of modules, got "q_proj"$/],
    [{ targets: ["c_attn"] }, /^RangeError: train: lora\.targets must each be .* q_proj, .* got "c_attn"$/],
    [{ r: 4 }, /^TypeError: train: lora must have no keys but .*, got "r"; rank is meant\?$/],
    [3, /^TypeError: train: lora must be an object, got 3$/],
  ])("refuses lora %j", async (asked, message) => {
    const error = await train({ ...config(), lora: asked as LoraConfig }).then(() => "nothing", String);
    expect(error).toMatch(message);
  });

  it("tells runs of other adapters apart", async () => {
    const [one, other] = await Promise.all(
      [config(), { ...config(), lora: { ...lora, rank: 4 } }].map((each) => identifyRun(each)),
    );
    expect(one!.model).toBe(other!.model);
    expect(one!.configuration).not.toEqual(other!.configuration);
  });
});
