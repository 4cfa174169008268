/** The training run: from random weights to trained ones. */
import type { Backend } from "@ropewalk/backend";
import { extendDecoder } from "@ropewalk/decoder";
import type { PasskeyLanguage } from "@ropewalk/evals";
import { train, tunedFolder, type TrainStep } from "@ropewalk/finetune";
import { textCodec } from "@ropewalk/generation";
import { holdFiles, llama, loadCheckpoint, safetensorsOf, type Checkpoint, type ConvertedFile } from "@ropewalk/models";
import { passkey875k } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import { initialWeights } from "./initial-weights.ts";
import { recipe } from "./recipe.ts";
import { passkeySamples } from "./samples.ts";

export type Run = {
  readonly backend: Backend;
  readonly steps: number;
  readonly seed: number;
  readonly onStep: (step: TrainStep) => void;
};

const bytesOf = (file: string): Promise<Uint8Array> => readFile(passkey875k.files[file]!);

const jsonOf = async (file: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await bytesOf(file)));

/** What the shipped folder has beside its weights: their shapes, the words, the task. */
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
export const trainPasskey = async ({ backend, steps, seed, onStep }: Run): Promise<readonly ConvertedFile[]> => {
  const source = await untrained(seed);
  const model = { source, backend, extended: extendDecoder(source.decoder, {}) };
  const { batchSize, seqLen, shortest, mostKeys, wholeEvery, learningRate, schedule } = recipe;
  const [tokenizer, config] = [await jsonOf("tokenizer.json"), await jsonOf("tokenizer_config.json")];
  const prompts = {
    language: (await jsonOf("task.json")) as PasskeyLanguage,
    codec: textCodec({ tokenizer, config }),
    ...{ seqLen, shortest, mostKeys },
  };
  const data = passkeySamples({ ...prompts, count: steps * batchSize, wholeEvery, seed });
  const heldOut = passkeySamples({ ...prompts, count: 4 * batchSize, wholeEvery: Infinity, seed: seed + 1 });
  const { state } = await train({
    ...{ model, data, seqLen, steps, batchSize, learningRate, seed, onStep },
    evaluation: { data: heldOut, every: 100 },
    schedule: { ...schedule, warmupSteps: Math.min(schedule.warmupSteps, steps) },
  });
  return tunedFolder({ model, seqLen }, state.parameters);
};
