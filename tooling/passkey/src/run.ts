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
  const { batchSize, seqLen, shortest, fullEvery, wholeEvery, learningRate, schedule } = recipe;
  const source = await untrained(seed);
  const model = { source, backend, extended: extendDecoder(source.decoder, {}) };
  const [tokenizer, config] = [await jsonOf("tokenizer.json"), await jsonOf("tokenizer_config.json")];
  const language = (await jsonOf("task.json")) as PasskeyLanguage;
  const prompts = { language, codec: textCodec({ tokenizer, config }), seqLen, shortest, fullEvery };
  const { state } = await train({
    ...{ model, seqLen, batchSize, learningRate, seed, steps, onStep },
    // A look at the beginning ends before the rate is at its peak.
    schedule: { ...schedule, warmupSteps: Math.min(schedule.warmupSteps, steps) },
    data: passkeySamples({ ...prompts, count: steps * batchSize, wholeEvery, seed }),
    evaluation: { data: passkeySamples({ ...prompts, count: 4 * batchSize, seed: seed + 1 }), every: 100 },
  });
  return tunedFolder({ model, seqLen }, state.parameters);
};
