/** The loop: it learns, a run that is gone on with is the same run, and what is wrong is said. */
import { cpu } from "@ropewalk/backend-node";
import { recordOf } from "@ropewalk/context-extension";
import { loadModel, openModel, type LanguageModel } from "@ropewalk/generation";
import { holdFiles, type Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { batchOf } from "../src/samples/batch-order.ts";
import {
  adapterFolder,
  cutText,
  entropyAbfRecipe,
  fitSamples,
  identifyRun,
  learningRateAt,
  readParameters,
  recipe,
  recipeNames,
  train,
  tunedCheckpoint,
  tunedFolder,
  type Schedule,
  type TrainConfig,
  type TrainState,
} from "../src/index.ts";

const folder = await openFolder(stories260K.url);
const { extension, training } = entropyAbfRecipe({ trainedContext: 64 });
const model: LanguageModel = await loadModel(folder, { backend: cpu({ threads: 1 }), extension, trainedContext: 64 });
afterAll(() => model.release());

const seqLen = 96;
const text = "Once upon a time there was a cat. ".repeat(60);
const data = cutText(model.text!.encode(text), seqLen).slice(0, 6);
const config: TrainConfig = { model, data, seqLen, ...training, batchSize: 4, steps: 4, learningRate: 1e-3 };

/** A state whose arrays are its own. */
const copied = ({ step, parameters, optimizer }: TrainState): TrainState => ({
  step,
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, { dims, data: elements }]) => [name, { dims, data: elements.slice() }]),
  ),
  optimizer: {
    step: optimizer.step,
    means: Object.fromEntries(
      Object.entries(optimizer.means).map(([name, { first, second }]) => [
        name,
        { first: first.slice(), second: second.slice() },
      ]),
    ),
  },
});

describe("train", () => {
  it("learns, steps on from where it stood to the same weights, and gives a model that runs", async () => {
    const states: TrainState[] = [];
    const whole = await train({ ...config, onStep: ({ state }) => void states.push(copied(state)) });
    expect(whole.losses).toHaveLength(4);
    expect(whole.losses.at(-1)).toBeLessThan(0.7 * whole.losses[0]!);
    const rest = await train({ ...config, start: states[1]! });
    expect(rest.losses).toEqual(whole.losses.slice(2));
    expect(rest.state.parameters).toEqual(whole.state.parameters);

    const tuned = await tunedCheckpoint(model.source, whole.state.parameters);
    const after = await loadModel({ source: tuned, text: model.text }, { backend: model.backend, extension });
    const ids = data[0]!.ids;
    const rows = await after.logits(ids);
    const { vocabSize } = after.source.decoder;
    const loss = ids.slice(1).reduce((sum, target, at) => {
      const row = rows.subarray(at * vocabSize, (at + 1) * vocabSize);
      const most = Math.max(...row);
      return sum + most + Math.log(row.reduce((total, logit) => total + Math.exp(logit - most), 0)) - row[target]!;
    }, 0);
    expect(loss / (ids.length - 1)).toBeLessThan(0.8 * whole.losses[0]!);
    await after.release();
  });

  it("gives the same weights in several runs a step as in one", async () => {
    const one = await train({ ...config, steps: 1 });
    const four = await train({ ...config, steps: 1, gradientAccumulation: 4 });
    expect(Math.abs(one.losses[0]! - four.losses[0]!)).toBeLessThan(1e-5);
    for (const [name, { data: elements }] of Object.entries(one.state.parameters))
      for (const [at, element] of elements.entries())
        expect(Math.abs(four.state.parameters[name]!.data[at]! - element)).toBeLessThan(1e-4);
  });

  it("stops at a loss that is no number, by the step, and leaves the last good weights", async () => {
    let last: TrainState | undefined;
    const broken = train({
      ...config,
      onStep: ({ step, state }) => {
        last = copied(state);
        if (step === 2) state.parameters["model.norm.weight"]!.data[0] = NaN;
      },
    });
    await expect(broken).rejects.toThrow(RangeError("train: the loss of step 3 must be a number, got NaN"));
    expect(last!.step).toBe(2);
    expect(last!.parameters["model.norm.weight"]!.data.every(Number.isFinite)).toBe(true);
  });

  it("ends when it is aborted", async () => {
    const stop = new AbortController();
    const run = train({ ...config, signal: stop.signal, onStep: () => stop.abort(new Error("enough")) });
    await expect(run).rejects.toThrow("enough");
  });

  it.each<[string, Partial<Record<keyof TrainConfig | string, unknown>>, RegExp]>([
    ["an unknown key", { lr: 1e-3 }, /^train: config must have no keys but .*, got "lr"; learningRate is meant\?$/],
    ["no data", { data: [] }, /^fitSamples: samples must be at least one, got 0$/],
    ["a longer sample", { seqLen: 50 }, /^fitSamples: samples\[0\] must have at most 50 tokens, or be cut/],
    ["nothing to learn", { data: [{ ids: [1, 2], labels: [1, -100] }] }, /samples\[0\] must have a token to learn/],
    [
      "labels of another length",
      { data: [{ ids: [1, 2], labels: [1] }] },
      /labels must be 2, one for each token, got 1$/,
    ],
    ["a batch that cannot be split", { gradientAccumulation: 3 }, /multiple of gradientAccumulation 3, got 4$/],
    ["an unknown schedule", { schedule: { kind: "cosin" } }, /schedule\.kind must be one of constant, linear, cosine/],
    ["a rate of nothing", { learningRate: 0 }, /learningRate must be finite and > 0, got 0$/],
    ["a text as steps", { steps: "6" }, /steps must be a number, got "6"$/],
    [
      "a token beyond the vocabulary",
      { data: [{ ids: [1, 9999] }] },
      /data\[0\]\.ids\[1\] must be an integer from 0 to 511, got 9999$/,
    ],
    [
      "a label beyond it",
      { data: [{ ids: [1, 2], labels: [1, 512] }] },
      /labels\[1\] must be an integer from 0 to 511, got 512$/,
    ],
    [
      "a length that no mask has",
      { seqLen: 1e9 },
      /^fitSamples: seqLen must be an integer from 2 to 65536, got 1000000000$/,
    ],
    ["data that is no list", { data: null }, /^fitSamples: samples must be an array, got null$/],
    ["a sample that is none", { data: [null] }, /^fitSamples: samples\[0\] must be an object, got null$/],
    ["text as tokens", { data: [{ ids: "abc" }] }, /^fitSamples: samples\[0\]\.ids must be an Array .*, got "abc"$/],
    ["a key of a sample", { data: [{ ids: [1, 2], label: [1, 2] }] }, /got "label"; labels is meant\?$/],
    ["a listener that is none", { onStep: "log" }, /^train: onStep must be a function, got "log"$/],
    ["a signal that is none", { signal: 1000 }, /^train: signal must be an AbortSignal, got 1000$/],
  ])("refuses %s", async (_, wrong, message) => {
    await expect(train({ ...config, ...wrong } as TrainConfig)).rejects.toThrow(message);
  });

  it("refuses a GGUF file by one reason, however its weights are stored, and whatever is learned", async () => {
    const [blocks, dense] = await Promise.all(
      ["llama-k", "llama-dense"].map(async (name) => {
        const { source } = await openModel(repositoryPath(`${ggufVectors}/${name}.gguf`));
        return { ...model, source };
      }),
    );
    const message = (where: string, name: string) =>
      `${where}: ${name} must be a checkpoint, got a GGUF file, which ropewalk convert writes as one`;
    for (const [name, gguf] of [
      ["llama-k", blocks!],
      ["llama-dense", dense!],
    ] as const) {
      const source = gguf.source as Checkpoint;
      for (const lora of [{}, { lora: { rank: 2 } }]) {
        const run = { ...config, ...lora, model: gguf, data: [{ ids: [1, 2, 3] }] };
        await expect(train(run)).rejects.toThrow(message("train", name));
        await expect(identifyRun(run)).rejects.toThrow(message("identifyRun", name));
      }
      await expect(readParameters(source)).rejects.toThrow(message("readParameters", name));
      await expect(tunedCheckpoint(source, {})).rejects.toThrow(message("tunedCheckpoint", name));
      await expect(tunedFolder({ model: gguf, seqLen }, {})).rejects.toThrow(message("tunedFolder", name));
    }
  });

  it("goes on from a state of its own alone, and never past weights that it does not learn", async () => {
    const lora = { rank: 2, targets: ["q_proj"] };
    const short = { ...config, steps: 1, batchSize: 1 };
    const [whole, beside] = [await train(short), await train({ ...short, lora })].map(({ state }) => state);
    const { parameters, optimizer } = whole!;
    const name = "model.norm.weight";
    const cases: readonly (readonly [Partial<TrainConfig>, RegExp])[] = [
      [
        { start: beside! },
        /^train: start\.parameters\["model\.embed_tokens\.weight"\] must be \[512, 64\], got nothing$/,
      ],
      [{ start: whole!, lora }, /lora_A\.weight"\] must be \[2, 64\], got nothing$/],
      [{ start: beside!, lora: { ...lora, rank: 3 } }, /lora_A\.weight"\] must be \[3, 64\], got "\[2, 64\]"$/],
      [{ start: { ...whole!, step: 0 } }, /^train: start\.optimizer\.step must be start\.step 0, got 1$/],
      [
        { start: { ...whole!, parameters: { ...parameters, more: parameters[name]! } } },
        /those that are learned, got "more"$/,
      ],
      [
        { start: { ...whole!, optimizer: { step: 1, means: { ...optimizer.means, [name]: undefined as never } } } },
        /means\["model\.norm\.weight"\]\.first must be a Float32Array, got nothing$/,
      ],
    ];
    for (const [wrong, message] of cases) await expect(train({ ...short, ...wrong })).rejects.toThrow(message);
    const files = adapterFolder({ model, lora, seqLen }, beside!.parameters);
    const options = { backend: cpu({ threads: 1 }), adapter: await holdFiles("adapter", files) };
    const adapted = await loadModel(folder, options);
    await expect(train({ ...short, model: adapted, start: whole! })).rejects.toThrow(/must be without adapters/);
    await adapted.release();
  });
});

describe("recipes", () => {
  const window = { trainedContext: 512, seqLen: 2048 };
  it("are the paper's five, trained alike", () => {
    const factor = 4;
    const scale = { factor, originalContext: 512 };
    expect(Object.fromEntries(recipeNames.map((name) => [name, recordOf(recipe(name, window).extension)]))).toEqual({
      "entropy-abf": { rope: { kind: "abf", theta: 500_000 }, entropy: { kind: "entropy-abf", trainedContext: 512 } },
      abf: { rope: { kind: "abf", theta: 500_000 } },
      "position-interpolation": { rope: { kind: "linear", factor } },
      "ntk-by-parts": { rope: { kind: "yarn", ...scale, attentionFactor: 1 } },
      yarn: { rope: { kind: "yarn", ...scale } },
    });
    expect(new Set(recipeNames.map((name) => JSON.stringify(recipe(name, window).training))).size).toBe(1);
    expect(recipe("entropy-abf", window)).toEqual(entropyAbfRecipe({ trainedContext: 512 }));
  });

  it("do not shrink what is shorter than the trained window", () => {
    expect(recipe("yarn", { trainedContext: 512, seqLen: 100 }).extension.rope).toMatchObject({ factor: 1 });
    expect(() => recipe("yarm" as "yarn", window)).toThrow(
      /^recipe: name must be one of .* \(yarn is meant\?\), got "yarm"$/,
    );
  });
});

describe("samples and batches", () => {
  it("fills up what is short, and counts what is cut", () => {
    const { sequences, cut } = fitSamples({ seqLen: 3, longer: "cut" }, [{ ids: [5, 6] }, { ids: [1, 2, 3, 4] }]);
    expect(sequences).toEqual([
      { ids: [5, 6, 0], labels: [5, 6, -100] },
      { ids: [1, 2, 3], labels: [1, 2, 3] },
    ]);
    expect(cut).toBe(1);
  });

  it("takes every sample once an epoch, in an order of the seed's", () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 30 }),
          batchSize: fc.integer({ min: 1, max: 9 }),
          seed: fc.integer(),
        }),
        (asked) => {
          const steps = Math.ceil((3 * asked.count) / asked.batchSize);
          const all = Array.from({ length: steps }, (_, step) => batchOf(asked, step)).flat();
          for (let epoch = 0; epoch < 3; epoch++) {
            const order = all.slice(epoch * asked.count, (epoch + 1) * asked.count);
            expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: asked.count }, (_, at) => at));
          }
        },
      ),
    );
  });

  it("warms up and comes down", () => {
    const rates = (schedule: Schedule): readonly number[] =>
      [0, 1, 2, 3].map((step) => Number(learningRateAt({ learningRate: 1, steps: 4, schedule }, step).toFixed(4)));
    expect(rates({ kind: "constant", warmupSteps: 2 })).toEqual([0.5, 1, 1, 1]);
    expect(rates({ kind: "linear" })).toEqual([1, 0.75, 0.5, 0.25]);
    expect(rates({ kind: "cosine", warmupSteps: 1 })).toEqual([1, 1, 0.75, 0.25]);
  });
});
