/** The training run: from random weights to trained ones. */
import type { Backend } from "@ropewalk/backend";
import { extendDecoder } from "@ropewalk/decoder";
import type { PasskeyLanguage } from "@ropewalk/evals";
import { readParameters, startAdamW, train, tunedFolder, type TrainStep } from "@ropewalk/finetune";
import { textCodec } from "@ropewalk/generation";
import { holdFiles, llama, loadCheckpoint, safetensorsOf, type Checkpoint, type ConvertedFile } from "@ropewalk/models";
import { passkey875k } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import { initialWeights } from "./initial-weights.ts";
import { phasesOf, recipe } from "./recipe.ts";
import { passkeySamples } from "./samples.ts";

export type Run = {
  readonly backend: Backend;
  readonly seed: number;
  readonly steps: number;
  readonly onStep: (step: TrainStep) => void;
};

const bytesOf = (file: string): Promise<Uint8Array> => readFile(passkey875k.files[file]!);

const jsonOf = async (file: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await bytesOf(file)));

/** What stands beside the weights: their shapes, the words, the task. */
const beside = ["config.json", "tokenizer.json", "tokenizer_config.json", "task.json"];

/** The model before the first step. */
const untrained = async (seed: number): Promise<Checkpoint> => {
  const { tensors } = llama.read(await jsonOf("config.json"));
  const weights = initialWeights({ deviation: recipe.deviation, seed }, tensors);
  const files = await Promise.all(beside.map(async (name) => ({ name, parts: [await bytesOf(name)] })));
  return loadCheckpoint(
    await holdFiles(passkey875k.name, [...files, { name: "model.safetensors", parts: safetensorsOf(weights) }]),
  );
};

/** The trained model's files. */
export const trainPasskey = async ({ backend, seed, steps, onStep }: Run): Promise<readonly ConvertedFile[]> => {
  const { batchSize, seqLen, shortest, fullEvery } = recipe;
  const source = await untrained(seed);
  const model = { source, backend, extended: extendDecoder(source.decoder, {}) };
  const [tokenizer, config] = [await jsonOf("tokenizer.json"), await jsonOf("tokenizer_config.json")];
  const language = (await jsonOf("task.json")) as PasskeyLanguage;
  const prompts = { language, codec: textCodec({ tokenizer, config }), seqLen, shortest, fullEvery };
  const heldOut = passkeySamples({ ...prompts, count: 4 * batchSize, seed: seed + 1 });
  let parameters = await readParameters(source);
  let done = 0;
  for (const phase of phasesOf(steps)) {
    const before = done;
    const { wholeEvery, learningRate, warmupSteps } = phase;
    const { state } = await train({
      ...{ model, seqLen, batchSize, learningRate, seed: seed + phase.order, steps: phase.steps },
      schedule: { kind: "cosine", warmupSteps },
      start: { step: 0, parameters, optimizer: startAdamW(parameters) },
      data: passkeySamples({ ...prompts, count: phase.steps * batchSize, wholeEvery, seed: seed + phase.samples }),
      evaluation: { data: heldOut, every: 100 },
      onStep: (step) => onStep({ ...step, step: before + step.step }),
    });
    parameters = state.parameters;
    done += phase.steps;
  }
  return tunedFolder({ model, seqLen }, parameters);
};
