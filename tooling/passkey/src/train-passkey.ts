/** Trains passkey-875k: from random weights to the files of the trained model. */
import type { Backend } from "@ropewalk/backend";
import { extendDecoder } from "@ropewalk/decoder";
import type { PasskeyLanguage } from "@ropewalk/evals";
import { readParameters, startAdamW, train, tunedFolder, type Parameters, type TrainStep } from "@ropewalk/finetune";
import { textCodec } from "@ropewalk/generation";
import { holdFiles, llama, loadCheckpoint, safetensorsOf, type Checkpoint, type ConvertedFile } from "@ropewalk/models";
import { passkey875k } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import { initialWeights } from "./initial-weights.ts";
import { phasesOf, recipe, type Phase } from "./recipe.ts";
import { passkeySamples } from "./samples.ts";

export type Run = {
  readonly backend: Backend;
  readonly seed: number;
  readonly steps: number;
  readonly onStep: (step: TrainStep) => void;
};

const bytesOf = (file: string): Promise<Uint8Array> => readFile(passkey875k.files[file]!);

const jsonOf = async (file: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await bytesOf(file)));

/** The files beside the weights: shapes, tokenizer and task. */
const otherFiles = ["config.json", "tokenizer.json", "tokenizer_config.json", "task.json"];

/** The model before the first step. */
const untrained = async (seed: number): Promise<Checkpoint> => {
  const { tensors } = llama.read(await jsonOf("config.json"));
  const weights = initialWeights({ deviation: recipe.deviation, seed }, tensors);
  const files = await Promise.all(otherFiles.map(async (name) => ({ name, parts: [await bytesOf(name)] })));
  return loadCheckpoint(
    await holdFiles(passkey875k.name, [...files, { name: "model.safetensors", parts: safetensorsOf(weights) }]),
  );
};

/** Training changes the arrays that it starts with, so they are copied. */
const copied = (parameters: Parameters): Parameters =>
  Object.fromEntries(Object.entries(parameters).map(([name, { dims, data }]) => [name, { dims, data: data.slice() }]));

/** The mean of the weights of several runs. */
const meanOf = (all: readonly Parameters[]): Parameters =>
  Object.fromEntries(
    Object.entries(all[0]!).map(([name, { dims, data }]) => [
      name,
      { dims, data: data.map((_, at) => all.reduce((sum, one) => sum + one[name]!.data[at]!, 0) / all.length) },
    ]),
  );

/** The trained model's files. */
export const trainPasskey = async ({ backend, seed, steps, onStep }: Run): Promise<readonly ConvertedFile[]> => {
  const { batchSize, seqLen, shortest, fullEvery } = recipe;
  const source = await untrained(seed);
  const model = { source, backend, extended: extendDecoder(source.decoder, {}) };
  const [tokenizer, config] = [await jsonOf("tokenizer.json"), await jsonOf("tokenizer_config.json")];
  const language = (await jsonOf("task.json")) as PasskeyLanguage;
  const prompts = { language, codec: textCodec({ tokenizer, config }), seqLen, shortest, fullEvery };
  const heldOut = passkeySamples({ ...prompts, count: 4 * batchSize, seed: seed + 1 });
  let done = 0;
  const trained = async (phase: Phase, from: Parameters): Promise<Parameters> => {
    const before = done;
    done += phase.steps;
    const { wholeEvery, learningRate, warmupSteps } = phase;
    const parameters = copied(from);
    const { state } = await train({
      model,
      seqLen,
      batchSize,
      learningRate,
      seed: seed + phase.order,
      steps: phase.steps,
      schedule: { kind: "cosine", warmupSteps },
      start: { step: 0, parameters, optimizer: startAdamW(parameters) },
      data: passkeySamples({ ...prompts, count: phase.steps * batchSize, wholeEvery, seed: seed + phase.samples }),
      evaluation: { data: heldOut, every: 100 },
      onStep: (step) => onStep({ ...step, step: before + step.step }),
    });
    return state.parameters;
  };
  const { keys, ends } = phasesOf(steps);
  const known = await trained(keys, await readParameters(source));
  const last: Parameters[] = [];
  for (const end of ends) last.push(await trained(end, known));
  const parameters = last.length === 0 ? known : meanOf(last);
  return tunedFolder({ model, seqLen }, parameters);
};
