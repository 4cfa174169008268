/** A run that is gone on with from a disk ends at the weights of one that was never interrupted; no other is gone on with. */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, recordOf, selfExtend, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { loadModel, openModel, type LanguageModel } from "@ropewalk/generation";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder, writeFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, describe, expect, it } from "vitest";
import {
  entropyAbfRecipe,
  identifyRun,
  stateFiles,
  stateFrom,
  train,
  tunedFolder,
  type TrainConfig,
} from "../src/index.ts";
import { readState, removeStates, savedSteps, writeState } from "../src/node.ts";

const scratch = scratchFolder();
const backend = cpu({ threads: 1 });
const { extension } = entropyAbfRecipe({ trainedContext: 512 });
const source = await openFolder(stories260K.url);
const model: LanguageModel = await loadModel(source, { backend, extension });
afterAll(async () => {
  await model.release();
  rmSync(scratch, { recursive: true });
});

const ids = model.text!.encode("Once upon a time there was a cat who liked long walks. ".repeat(20));
const seqLen = 24;
const data = Array.from({ length: 5 }, (_, at) => ({ ids: ids.slice(at * 20, at * 20 + seqLen) }));
const config: TrainConfig = { model, data, seqLen, steps: 4, batchSize: 2, learningRate: 1e-3 };

const read = async (folder: CheckpointFolder, name: string): Promise<Uint8Array> => {
  const { source: bytes } = (await folder.file(name))!;
  return bytes.read(0, bytes.size);
};

/** A run that ends after so many steps, each of which is written. */
const until = async (steps: number, states: string): Promise<void> => {
  const run = await identifyRun(config);
  const stop = new AbortController();
  const running = train({
    ...config,
    signal: stop.signal,
    onStep: async ({ step, state }) => {
      await writeState(states, run, state);
      if (step === steps) stop.abort(new Error("enough"));
    },
  });
  await expect(running).rejects.toThrow("enough");
};

describe("a training state on a disk", () => {
  it("is gone on with to the same weights, means and losses", async () => {
    const states = join(scratch, "exact");
    const whole = await train(config);
    await until(2, states);
    expect(readdirSync(states)).toEqual(["step-2"]);
    expect(await savedSteps(states)).toBe(2);
    const start = await readState(states, await identifyRun(config));
    const rest = await train({ ...config, start: start! });
    expect(rest.losses).toEqual(whole.losses.slice(2));
    expect(rest.state).toEqual(whole.state);
    await removeStates(states);
    expect(existsSync(states)).toBe(false);
    expect(await readState(states, await identifyRun(config))).toBeUndefined();
  });

  const other: Readonly<Record<string, readonly [Partial<TrainConfig>, RegExp]>> = {
    seed: [{ seed: 7 }, /step-1 must be of a run with the same seed, 7, got "0"$/],
    steps: [{ steps: 5 }, /with the same steps, 5, got "4"$/],
    "learning rate": [{ learningRate: 2e-3 }, /with the same learningRate, 0\.002, got "0\.001"$/],
    schedule: [{ schedule: { kind: "linear" } }, /with the same schedule, \{"kind":"linear"\}, got ".*cosine.*"$/],
    adapter: [{ lora: { rank: 2, targets: ["q_proj"] } }, /with the same lora, \{.*"rank":2\}, got nothing$/],
    data: [{ data: data.toReversed() }, /on the same data, with the fingerprint [0-9a-f]{12}, got "[0-9a-f]{12}"$/],
  };
  it.each(Object.entries(other))(
    "of another %s is refused by name, for reading and for writing",
    async (name, [changed, message]) => {
      const states = join(scratch, `other ${name}`);
      await until(1, states);
      const run = await identifyRun({ ...config, ...changed });
      await expect(readState(states, run)).rejects.toThrow(message);
      const { state } = await train({ ...config, ...changed });
      await expect(writeState(states, run, state)).rejects.toThrow(message);
      expect(readdirSync(states)).toEqual(["step-1"]);
    },
  );

  it("of another model, or under another extension, is refused by name", async () => {
    const states = join(scratch, "other model");
    await until(1, states);
    const longer = await model.withExtension(
      compose(selfExtend({ groupSize: 4, window: 8 }), logN({ trainedContext: 512 })),
    );
    await expect(readState(states, await identifyRun({ ...config, model: longer }))).rejects.toThrow(
      /^readState: .*step-1 must be of a run with the same extension, .*self-extend.*, got ".*entropy-abf/,
    );
    const files = await tunedFolder({ model, seqLen }, (await train({ ...config, steps: 1 })).state.parameters);
    await writeFolder(join(scratch, "tuned once"), files);
    const tuned = await loadModel(join(scratch, "tuned once"), { backend, extension });
    await expect(readState(states, await identifyRun({ ...config, model: tuned }))).rejects.toThrow(
      /on the same model, with the fingerprint/,
    );
    await tuned.release();
  });

  it("tells extensions of one's own apart by what their functions give, under one name", async () => {
    const rope = (slowed: number): ContextExtension => ({
      rope: {
        kind: "custom",
        frequencies: ({ rotaryDim }) => ({
          inverseFrequencies: Array.from({ length: rotaryDim / 2 }, (_, j) => slowed / (j + 1)),
        }),
      },
    });
    const entropy = (least: number): ContextExtension => ({ entropy: { kind: "custom", scale: () => least } });
    const positions = (far: number): ContextExtension =>
      withPositions({
        kind: "custom",
        name: "mine",
        window: 4,
        capacity: () => 512,
        remedy: () => "",
        bands: [
          { from: 0, to: 4, query: (i) => i, key: (j) => j },
          { from: 4, to: Infinity, query: () => far, key: () => 0 },
        ],
      });
    const identityOf = async (own: ContextExtension): Promise<unknown> => {
      const { configuration } = await identifyRun({ ...config, model: await model.withExtension(own) });
      return JSON.parse(JSON.stringify(configuration["extension"]));
    };
    for (const make of [rope, entropy, positions]) {
      expect(await identityOf(make(1))).toEqual(await identityOf(make(1)));
      expect(await identityOf(make(1))).not.toEqual(await identityOf(make(2)));
    }
    // Numbers alone are told by themselves.
    expect(await identityOf(logN({ trainedContext: 512 }))).not.toHaveProperty("numbers");
  });

  it("tells models apart whose layers attend otherwise on the same weights", async () => {
    const folder = await openFolder(inRepository(`${layeredCheckpoints}/gemma3/`));
    const json = JSON.parse(new TextDecoder().decode(await read(folder, "config.json"))) as object;
    const identityOf = async (changes: object): Promise<Readonly<Record<string, unknown>>> => {
      const changed = inMemory("changed", {
        "config.json": new TextEncoder().encode(JSON.stringify({ ...json, ...changes })),
      });
      const files = { name: "changed", file: async (name: string) => (await changed.file(name)) ?? folder.file(name) };
      const gemma = await loadModel(files, { backend, extension: selfExtend({ groupSize: 4, window: 16 }) });
      const run = await identifyRun({ ...config, model: gemma, data: [{ ids: data[0]!.ids.map((id) => id % 128) }] });
      await gemma.release();
      return run.configuration;
    };
    const rope = (theta: number) => ({
      full_attention: { rope_theta: 100_000, rope_type: "linear", factor: 8 },
      sliding_attention: { rope_theta: theta, rope_type: "default" },
    });
    const own = await identityOf({});
    expect(await identityOf({})).toEqual(own);
    const changes = [
      { sliding_window: 13 },
      { rope_parameters: rope(1001) },
      { query_pre_attn_scalar: 21 },
      { attn_logit_softcapping: 30 },
      { layer_types: ["sliding", "full", "sliding", "full"].map((type) => `${type}_attention`) },
    ];
    for (const change of changes) expect((await identityOf(change))["extension"]).not.toEqual(own["extension"]);
    // Where all layers are alike, states of before are still those of the same run.
    expect((await identifyRun(config)).configuration["extension"]).not.toHaveProperty("groups");
  });

  it("that is half, or was being removed, is told of or passed over", async () => {
    const states = join(scratch, "half");
    await until(2, states);
    const run = await identifyRun(config);
    // One that was being removed has lost its record, or any of its files, and a newer one is there.
    mkdirSync(join(states, "step-1"));
    copyFileSync(join(states, "step-2", "means.safetensors"), join(states, "step-1", "means.safetensors"));
    expect((await readState(states, run))!.step).toBe(2);
    const { state } = await train({ ...config, start: (await readState(states, run))! });
    await writeState(states, run, state);
    expect(readdirSync(states)).toEqual(["step-4"]);

    cpSync(states, `${states} damaged`, { recursive: true });
    const means = join(`${states} damaged`, "step-4", "means.safetensors");
    const bytes = readFileSync(means);
    bytes.fill(0, bytes.length - 64);
    writeFileSync(means, bytes);
    await expect(readState(`${states} damaged`, run)).rejects.toThrow(
      /step-4 must be whole, with the contents \w+, got "\w+"$/,
    );
    truncateSync(means, 5000);
    await expect(readState(`${states} damaged`, run)).rejects.toThrow(/means\.safetensors/);
    rmSync(means);
    await expect(readState(`${states} damaged`, run)).rejects.toThrow(/step-4 must have means\.safetensors, got none$/);
  });

  it("is the same in a folder in memory, where there is no disk", async () => {
    const run = await identifyRun(config);
    const { state } = await train({ ...config, steps: 4 });
    const files = (await stateFiles(run, state)).map(({ name, parts }) => [name, Buffer.concat([...parts])] as const);
    const folder = inMemory("held", Object.fromEntries(files));
    expect(await stateFrom(run, folder)).toEqual(state);
    expect(await stateFrom(run, inMemory("empty", {}))).toBeUndefined();
    const another = await identifyRun({ ...config, seed: 1 });
    await expect(stateFrom(another, folder)).rejects.toThrow(
      /^stateFrom: held must be of a run with the same seed, 1, got "0"$/,
    );
  });

  it("stays where the disk refuses the next one", async () => {
    const states = join(scratch, "refused");
    await until(1, states);
    const run = await identifyRun(config);
    const { state } = await train({ ...config, start: (await readState(states, run))! });
    writeFileSync(join(states, "step-4"), "a file in the way");
    await expect(writeState(states, run, state)).rejects.toThrow(/step-4/);
    expect(readdirSync(states).toSorted()).toEqual(["step-1", "step-4"]);
    rmSync(join(states, "step-4"));
    expect((await readState(states, run))!.step).toBe(1);
  });
});

describe("a tuned model on a disk", () => {
  it("loads like any other, under the extension that its config carries", async () => {
    const target = join(scratch, "tuned");
    const { state } = await train({ ...config, steps: 1 });
    await writeFolder(target, await tunedFolder({ model, seqLen: 2048 }, state.parameters));
    const json = JSON.parse(readFileSync(join(target, "config.json"), "utf8")) as object;
    expect(json).toMatchObject({ rope_theta: 500_000, max_position_embeddings: 2048, torch_dtype: "float32" });
    const opened = await openModel(target);
    expect(recordOf(opened.source.kind === "checkpoint" ? opened.source.extension() : {})).toEqual({
      entropy: { kind: "entropy-abf", trainedContext: 512 },
    });
    const tuned = await loadModel(target, { backend });
    const prompt = ids.slice(0, 12);
    const logits = await tuned.logits(prompt);
    const again = await loadModel(target, { backend, extension });
    expect(await again.logits(prompt)).toEqual(logits);
    // What is asked for wins.
    const plain = await loadModel(target, { backend, extension: {} });
    expect(plain.extended.entropy).toBeUndefined();
    for (const loaded of [tuned, again, plain]) await loaded.release();
  });

  it("keeps positions that no config can state", async () => {
    const longer = await model.withExtension(
      compose(selfExtend({ groupSize: 4, window: 64 }), logN({ trainedContext: 512 })),
    );
    const target = join(scratch, "self-extend");
    await writeFolder(
      target,
      await tunedFolder({ model: longer, seqLen: 2048 }, (await train({ ...config, steps: 1 })).state.parameters),
    );
    const tuned = await loadModel(target, { backend });
    expect(tuned.extended).toMatchObject({ entropy: { kind: "log-n" }, capacity: longer.extended.capacity });
    expect(tuned.extended.positions.name).toBe(longer.extended.positions.name);
    await tuned.release();
  });
});

describe("evaluation", () => {
  it("is of the held-out samples, before the first step, every so many, and after the last", async () => {
    const evaluation = { data: data.slice(0, 3), every: 2 };
    const seen: (number | undefined)[] = [];
    const { evaluations, state } = await train({
      ...config,
      data: data.slice(3),
      steps: 5,
      evaluation,
      onStep: (step) => void seen.push(step.evaluation),
    });
    expect(evaluations.map(({ step }) => step)).toEqual([0, 2, 4, 5]);
    expect(seen.map((loss) => loss !== undefined)).toEqual([false, true, false, true, true]);
    // Three samples in runs of two: their mean is that of a batch of three.
    const { losses } = await train({ ...config, data: evaluation.data, batchSize: 3, steps: 1 });
    expect(Math.abs(losses[0]! - evaluations[0]!.loss)).toBeLessThan(1e-5);
    expect(evaluations.at(-1)!.loss).toBeLessThan(evaluations[0]!.loss);
    expect(state.step).toBe(5);
  });

  it("refuses what cannot be looked at", async () => {
    await expect(train({ ...config, evaluation: { data: [], every: 1 } })).rejects.toThrow(
      /samples must be at least one/,
    );
    await expect(train({ ...config, evaluation: { data, every: 0 } })).rejects.toThrow(
      /evaluation\.every must be an integer >= 1, got 0/,
    );
  });

  it("gives the step that is done when it is aborted", async () => {
    const stop = new AbortController();
    const steps: number[] = [];
    const real = model.backend;
    let runs = 0;
    // Aborted while the loss is looked at behind the first step.
    const counting: typeof real = {
      ...real,
      createSession: async (...args) => {
        const session = await real.createSession(...args);
        const run: typeof session.run = (...given) => {
          if (++runs === 4) stop.abort(new Error("enough"));
          return session.run(...given);
        };
        return { ...session, run };
      },
    };
    const running = train({
      ...config,
      model: { ...model, backend: counting },
      evaluation: { data: data.slice(0, 4), every: 1 },
      signal: stop.signal,
      onStep: ({ step }) => void steps.push(step),
    });
    await expect(running).rejects.toThrow("enough");
    expect(steps).toEqual([1]);
  });
});
