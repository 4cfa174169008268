/**
 * Models that other tools exported to ONNX, on the cache of this package: against the logits that the exports give themselves,
 * against golden logits of the checkpoints that they were made of, and against those checkpoints here.
 * Longer than 400 lines: its parts share the loaded exports, which take longest.
 */
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import {
  compose,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  yarn,
  yarnTemperature,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { extendFolder, type FolderOptions } from "@ropewalk/onnx-exports/node";
import {
  checkpointOf,
  expectedOf,
  exportNames,
  exportPath,
  goldenOf,
  modelOf,
  withoutRounding,
  type GoldenCase,
} from "@ropewalk/testing/exports/export-files";
import { open } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { argmax, loadModel, openModel, type LanguageModel } from "../../src/index.ts";

const backend = cpu({ threads: 1 });
const float32 = 2e-3;

/**
 * Matrices in 4 bits round activations to 8 bits on the way in (accuracy_level 4), so that a difference of 1e-6 can flip a
 * rounding and come out as 0.1.
 */
const flips: Readonly<Record<string, number>> = {
  "genai-cpu-llama3-int4": 0.15,
  "genai-webgpu-llama-int4": 0.1,
  "genai092-webgpu-llama-int4": 0.1,
};

/** How far logits may be from those of the checkpoint whose weights were rounded to 4 bits. */
const roundedWeights = 1;

const extensionOf = ({ method, groupSize, window, logNContext }: GoldenCase): ContextExtension =>
  method === "none"
    ? {}
    : method === "self-extend"
      ? selfExtend({ groupSize, window })
      : compose(selfExtend({ groupSize, window }), logN({ trainedContext: logNContext }));

const lastRow = (model: LanguageModel, logits: Float32Array): Float32Array =>
  logits.subarray(-model.extended.decoder.vocabSize);

/** The files of an export in memory, with another model. */
const filesOf = (name: string, model: Uint8Array = modelOf(name)): CheckpointFolder => {
  const others = readdirSync(exportPath(name)).filter((file) => file !== "model.onnx");
  const read = others.map((file) => [file, readFileSync(join(exportPath(name), file))] as const);
  return inMemory(name, { ...Object.fromEntries(read), "model.onnx": model });
};

const collect = async (
  model: LanguageModel,
  prompt: readonly number[],
  maxNewTokens: number,
  stepsPerRun: number = 1,
): Promise<readonly number[]> => {
  const tokens: number[] = [];
  const options = { maxNewTokens, stepsPerRun, stopTokens: [], beyondCapacity: "allow" } as const;
  for await (const token of model.generateTokens(prompt, options)) tokens.push(token);
  return tokens;
};

const ids = (length: number): readonly number[] => Array.from({ length }, (_, i) => 3 + ((i * 7) % 100));

/** Whether golden logits of its checkpoint hold for an export: its weights are the checkpoint's. */
const hasGolden = (name: string): boolean => !/int4|phi-h32|llama3/.test(name);

describe.each(exportNames)("%s", (name) => {
  const expected = expectedOf(name);
  const tolerance = flips[name] ?? expected.tolerance;
  let model: LanguageModel;
  beforeAll(async () => (model = await loadModel(exportPath(name), { backend })));
  afterAll(() => model?.release());

  it("gives the export's logits, for prompts and for decoding", async () => {
    for (const { inputIds, argmaxAll, decode } of expected.cases ?? []) {
      const all = [...inputIds, ...decode.map(({ inputId }) => inputId)];
      const { vocabSize } = model.extended.decoder;
      for (const chunkSize of [512, 1]) {
        const logits = await model.logits(all, { chunkSize });
        decode.forEach(({ logitsLast }, step) =>
          expect(largestDifference(logitsRow(logits, vocabSize, inputIds.length + step), logitsLast)).toBeLessThan(
            tolerance,
          ),
        );
        argmaxAll.forEach((token, at) => {
          const own = logitsRow(logits, vocabSize, at);
          expect(own[argmax(own)]! - own[token]!).toBeLessThan(2 * tolerance);
        });
      }
    }
    for (const { inputIds, logitsLast } of expected.checkpointGolden ?? [expected]) {
      const logits = lastRow(model, await model.logits(inputIds));
      const most = expected.checkpointGolden && name.endsWith("int4") ? roundedWeights : tolerance;
      expect(largestDifference(logits, logitsLast)).toBeLessThan(most);
    }
  });

  it.runIf(name.endsWith("int4") && !name.includes("qdq") && expected.runsOnCpu)(
    "gives them closely where no rounding can flip",
    async () => {
      const theirs = await open(name, withoutRounding(modelOf(name)));
      const ours = await loadModel(filesOf(name, withoutRounding(modelOf(name))), { backend });
      for (const { inputIds, decode } of expected.cases!) {
        theirs.reset();
        await theirs.step([inputIds]);
        const all = [...inputIds, ...decode.map(({ inputId }) => inputId)];
        const logits = await ours.logits(all, { chunkSize: inputIds.length });
        for (const [step, { inputId }] of decode.entries()) {
          const [expectedRow] = await theirs.step([[inputId]]);
          const own = logitsRow(logits, ours.extended.decoder.vocabSize, inputIds.length + step);
          // Those for WebGPU compute in half precision.
          expect(largestDifference(own, expectedRow!)).toBeLessThan(name.includes("webgpu") ? 0.02 : 1e-4);
        }
      }
      await theirs.release();
      await ours.release();
    },
  );

  it.runIf(hasGolden(name))("gives the checkpoint's golden logits, also beyond the export's tables", async () => {
    for (const golden of goldenOf(expected.family).cases) {
      const extended = await model.withExtension(extensionOf(golden));
      // Token by token where that leads beyond the window of 64.
      for (const chunkSize of golden.inputIds.length > 64 ? [512, 7, 1] : [512, 7]) {
        const logits = lastRow(extended, await extended.logits(golden.inputIds, { chunkSize }));
        expect(largestDifference(logits, golden.logitsLast)).toBeLessThan(name.endsWith("fp16") ? 0.02 : float32);
      }
    }
  });

  it.runIf(hasGolden(name) && !name.endsWith("fp16"))("gives the checkpoint's greedy tokens", async () => {
    const checkpoint = await loadModel(checkpointOf(expected.family), { backend });
    for (const extension of [{}, selfExtend({ groupSize: 4, window: 16 })]) {
      const [ours, theirs] = [await model.withExtension(extension), await checkpoint.withExtension(extension)];
      expect(await collect(ours, ids(50), 30)).toEqual(await collect(theirs, ids(50), 30));
    }
    await checkpoint.release();
  });

  it("decodes with several steps a run what it decodes step by step", async () => {
    for (const extension of [{}, selfExtend({ groupSize: 4, window: 16 })]) {
      const extended = await model.withExtension(extension);
      expect(await collect(extended, ids(50), 30, 7)).toEqual(await collect(extended, ids(50), 30));
    }
  });
});

/** One export of every form that is recognised; the repository has them all. */
const oneOfEachForm = [
  "genai-cpu-llama",
  "genai-cpu-unpacked-llama",
  "genai092-webgpu-phi",
  "torch-dynamo-op23-llama",
  "torch-dynamo-llama",
  "torch-ts-eager-llama",
];

describe("in WebAssembly", () => {
  it.each(oneOfEachForm)("%s gives the golden logits", async (name) => {
    const model = await loadModel(exportPath(name), { backend: wasm() });
    for (const golden of goldenOf(expectedOf(name).family).cases) {
      const extended = await model.withExtension(extensionOf(golden));
      const logits = lastRow(extended, await extended.logits(golden.inputIds));
      expect(largestDifference(logits, golden.logitsLast)).toBeLessThan(float32);
    }
    expect(await collect(model, ids(50), 20, 7)).toEqual(await collect(model, ids(50), 20));
    await model.release();
  });
});

describe("what generation does with a checkpoint it does with an export:", () => {
  const name = "torch-dynamo-llama";
  const long = ids(300);
  let [model, checkpoint]: LanguageModel[] = [];
  beforeAll(async () => {
    model = await loadModel(exportPath(name), { backend });
    checkpoint = await loadModel(checkpointOf("llama"), { backend });
  });
  afterAll(async () => {
    await model?.release();
    await checkpoint?.release();
  });

  it.each<readonly [string, ContextExtension]>([
    ["a sliding window", slidingWindow({ window: 24 })],
    ["frequencies that depend on the length", dynamicNtk({ factor: 4, originalContext: 64 })],
    ["the two together", compose(slidingWindow({ window: 24 }), dynamicNtk({ factor: 4, originalContext: 64 }))],
  ])("%s", async (_, extension) => {
    const [ours, theirs] = [await model!.withExtension(extension), await checkpoint!.withExtension(extension)];
    const expected = await theirs.logits(long);
    for (const chunkSize of [512, 10])
      expect(largestDifference(await ours.logits(long, { chunkSize }), expected)).toBeLessThan(1e-4);
    // The extension does something.
    expect(largestDifference(await model!.logits(long), expected)).toBeGreaterThan(0.1);
  });

  it("a cache in 8 bits", async () => {
    const options = { backend, cache: "q8", extension: selfExtend({ groupSize: 8, window: 16 }) } as const;
    const small = await loadModel(exportPath(name), options);
    const theirs = await loadModel(checkpointOf("llama"), options);
    const [ours, expected] = [await small.logits(long), await theirs.logits(long)];
    const exact = await (await model!.withExtension(options.extension)).logits(long);
    // A difference in the seventh digit can round a key to its neighbour.
    expect(largestDifference(ours, expected)).toBeLessThan(0.03);
    const mean = ours.reduce((sum, x, at) => sum + Math.abs(x - exact[at]!), 0) / ours.length;
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(0.03);
    expect(await collect(small, long, 30, 16)).toEqual(await collect(small, long, 30));
    await small.release();
    await theirs.release();
  });

  it("but for rounding its weights, which it has as it has them", async () => {
    await expect(loadModel(exportPath(name), { backend, quantize: "q4" })).rejects.toThrow(
      `quantize: ${name} must be a checkpoint in safetensors, got an ONNX export`,
    );
  });
});

describe("a folder", () => {
  const name = "genai-cpu-llama";
  const { inputIds, logitsLast } = expectedOf(name);
  let root: string;
  beforeAll(() => void (root = scratchFolder()));
  afterAll(() => rmSync(root, { recursive: true }));

  /** A copy of the export, by path. */
  const copy = (folder: string, ...inner: readonly string[]): string => {
    const path = join(root, folder, ...inner);
    cpSync(exportPath(name), path, { recursive: true });
    for (const file of ["", ...readdirSync(path)]) chmodSync(join(path, file), 0o755);
    return path;
  };

  const checkLogits = async (source: Parameters<typeof loadModel>[0], model?: string): Promise<void> => {
    const loaded = await loadModel(source, { backend, ...(model === undefined ? {} : { model }) });
    const logits = lastRow(loaded, await loaded.logits(inputIds));
    expect(largestDifference(logits, logitsLast)).toBeLessThan(1e-4);
    await loaded.release();
  };

  it("as the hub's cache has it: links to files that are named by their content", async () => {
    const repository = "models--owner--name";
    const blobs = copy(join(repository, "blobs"));
    const snapshot = join(root, repository, "snapshots", "0123456789".repeat(4));
    mkdirSync(snapshot, { recursive: true });
    for (const [at, file] of ["config.json", "model.onnx", "model.onnx_data"].entries()) {
      renameSync(join(blobs, file), join(blobs, `${at}${"0a".repeat(20)}`));
      symlinkSync(join(blobs, `${at}${"0a".repeat(20)}`), join(snapshot, file));
    }
    await checkLogits(snapshot);
  });

  it("with its models below config.json, one of them by its name", async () => {
    const nested = join(root, "nested");
    const onnx = copy("nested", "onnx");
    renameSync(join(onnx, "config.json"), join(nested, "config.json"));
    await checkLogits(nested);
    renameSync(join(onnx, "model.onnx"), join(onnx, "model_fp32.onnx"));
    await checkLogits(nested, "onnx/model_fp32.onnx");
    await expect(loadModel(nested, { backend })).rejects.toThrow(
      "openModel: nested must have weights in safetensors, or model.onnx or onnx/model.onnx, got none",
    );
    await expect(loadModel(nested, { backend, model: "onnx/model_q4.onnx" })).rejects.toThrow(
      "openModel: nested must have onnx/model_q4.onnx, got none",
    );
  });

  it("beside a checkpoint, which is taken unless the model is named", async () => {
    const both = copy("both");
    cpSync(join(checkpointOf("llama"), "model.safetensors"), join(both, "model.safetensors"));
    const kinds = [await openModel(both), await openModel(both, { model: "model.onnx" })].map(
      ({ source }) => source.kind,
    );
    expect(kinds).toEqual(["checkpoint", "export"]);
  });

  it("in memory, on both backends", async () => {
    const files = Object.fromEntries(
      ["config.json", "model.onnx", "model.onnx_data"].map((file) => [
        file,
        readFileSync(join(exportPath(name), file)),
      ]),
    );
    await checkLogits(filesOf(name));
    const model = await loadModel(filesOf(name), { backend: wasm() });
    expect(largestDifference(lastRow(model, await model.logits(inputIds)), logitsLast)).toBeLessThan(1e-4);
    await model.release();
    const nested = Object.fromEntries(
      Object.entries(files).map(([file, data]) => [file === "config.json" ? file : `onnx/${file}`, data]),
    );
    await checkLogits(inMemory("memory", nested));
  });

  it("opened once and loaded, and then of no other model", async () => {
    const opened = await openModel(exportPath(name));
    await checkLogits(opened);
    await expect(openModel(opened, { model: "other.onnx" })).rejects.toThrow(
      "openModel: model must be absent for an opened model, got other.onnx",
    );
  });
});

/** A folder that `extendFolder` wrote, of an export whose logits are the checkpoint's. */
describe("a folder that was extended", () => {
  const name = "genai-cpu-llama";
  const own = selfExtend({ groupSize: 4, window: 16 });
  const alike = compose(selfExtend({ groupSize: 6, window: 20 }), logN({ trainedContext: 64 }));
  const prompt = ids(150);
  let root: string;
  let checkpoint: LanguageModel;
  beforeAll(async () => {
    root = scratchFolder();
    checkpoint = await loadModel(checkpointOf("llama"), { backend });
  });
  afterAll(async () => {
    rmSync(root, { recursive: true });
    await checkpoint.release();
  });

  const extended = async (folder: string, options: Partial<FolderOptions>): Promise<string> => {
    await extendFolder({ extension: own, ...options }, exportPath(name), join(root, folder));
    return join(root, folder);
  };
  const checkUnder = async (model: LanguageModel, extension: ContextExtension): Promise<void> => {
    const expected = await (await checkpoint.withExtension(extension)).logits(prompt);
    for (const chunkSize of [512, 5])
      expect(largestDifference(await model.logits(prompt, { chunkSize }), expected)).toBeLessThan(1e-4);
  };

  it("has its own extension, or for any runtime every other", async () => {
    const model = await loadModel(await extended("portable", {}), { backend });
    expect(model.extended.positions.name).toBe("SelfExtend(groupSize 4, window 16)");
    expect(model.extended.decoder.trainedContext).toBe(64);
    await checkUnder(model, own);
    for (const other of [{}, alike, slidingWindow({ window: 24 })])
      await checkUnder(await model.withExtension(other), other);
    await model.release();
    const given = await loadModel(join(root, "portable"), { backend, extension: alike });
    await checkUnder(given, alike);
    await given.release();
  });

  it.each<readonly [string, ContextExtension]>([
    ["nothing", {}],
    ["a scaling of frequencies", yarn({ factor: 4, originalContext: 64 })],
    ["entropy scaling by layer", entropyAbf({ trainedContext: 64, exemptLayers: 1 })],
    ["Leaky ReRoPE and a temperature", compose(leakyReRope({ factor: 4, window: 16 }), yarnTemperature({ factor: 4 }))],
    ["ReRoPE", reRope({ window: 16 })],
    ["frequencies that depend on the length", dynamicNtk({ factor: 4, originalContext: 64 })],
  ])("for generation has its own: %s", async (kind, extension) => {
    const model = await loadModel(await extended(kind, { extension, runtime: "ropewalk" }), { backend });
    await checkUnder(model, extension);
    await model.release();
  });

  it("for generation has its own extension, or another whose bands are of the kind", async () => {
    const folder = await extended("kept", { runtime: "ropewalk" });
    const model = await loadModel(folder, { backend });
    await checkUnder(model, own);
    await checkUnder(await model.withExtension(alike), alike);
    await checkUnder(await model.withExtension(reRope({ window: 16 })), reRope({ window: 16 }));
    expect(await collect(model, ids(50), 30, 7)).toEqual(await collect(model, ids(50), 30));
    const kind = "loadExport: a model that was written for generation must keep the kind of its bands";
    await expect(model.withExtension({})).rejects.toThrow(
      `${kind} (SelfExtend(groupSize 4, window 16): near-far), got plain: everything; extend the export itself`,
    );
    await expect(model.withExtension(slidingWindow({ window: 24 }))).rejects.toThrow(kind);
    await model.release();
    await expect(loadModel(folder, { backend, cache: "q8" })).rejects.toThrow(
      "loadExport: a model that was written for a cache in float32 must have one, got q8",
    );
  });

  it("for a cache in 8 bits has one", async () => {
    const folder = await extended("q8", { runtime: "ropewalk", cache: "q8" });
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      "loadExport: a model that was written for a cache in q8 must have one, got float32",
    );
    const model = await loadModel(folder, { backend, cache: "q8" });
    const theirs = await loadModel(checkpointOf("llama"), { backend, cache: "q8", extension: own });
    const long = ids(300);
    expect(largestDifference(await model.logits(long), await theirs.logits(long))).toBeLessThan(0.03);
    await model.release();
    await theirs.release();
  });

  it("with a mapping that no data can tell needs an extension to be given", async () => {
    const { config: _config, ...functions } = reRope({ window: 16 }).positions!;
    const mine: ContextExtension = { positions: { ...functions, name: "Mine" } };
    const folder = await extended("mine", { extension: mine });
    await expect(loadModel(folder, { backend })).rejects.toThrow(
      "loadExport: an extended model must have a mapping that can be made again, or an extension be given, got Mine",
    );
    const given = await loadModel(folder, { backend, extension: mine });
    await checkUnder(given, mine);
    await given.release();
  });
});
