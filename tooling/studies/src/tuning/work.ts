/** A cell of the tuning study: a model tuned as the cell says, kept as a folder, and its losses by position. */
import { cpu } from "@ropewalk/backend-node";
import { perplexity } from "@ropewalk/evals";
import { recipe, train, tunedCheckpoint, tunedFolder, type Parameters } from "@ropewalk/finetune";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder, writeFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Open } from "../run/cells.ts";
import { looked, nameOf, seqLen, trainedContext, type TuningCell, type TuningResult } from "./cells.ts";
import { behind, readText, type Text } from "./text.ts";

export type TuningSetup = {
  readonly text: string;
  readonly separator: string;
  /** Where tuned models are kept. */
  readonly models: string;
};

/** How often it is looked at while it trains. */
const looks = 20;

const bucket = trainedContext;

type Tools = { readonly plain: LanguageModel; readonly text: Text; readonly bosToken: number; readonly models: string };

const lossesOf = async (
  { text, bosToken }: Tools,
  model: LanguageModel,
  heldOut: number,
): Promise<readonly number[]> => {
  const { buckets } = await perplexity(model, text.heldOut, {
    ...{ length: seqLen, windows: heldOut, bucket },
    masked: [bosToken],
  });
  return buckets.map(({ loss }) => loss);
};

const keep = async (
  { models }: Tools,
  model: LanguageModel,
  cell: TuningCell,
  parameters: Parameters,
): Promise<void> => {
  const folder = join(models, nameOf(cell));
  const unfinished = `${folder}.${process.pid}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(models, { recursive: true });
  await writeFolder(unfinished, await tunedFolder({ model, seqLen }, parameters));
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
};

const tune = async (tools: Tools, model: LanguageModel, cell: TuningCell): Promise<Omit<TuningResult, "seconds">> => {
  const { text, bosToken } = tools;
  const { method, steps, samples, batchSize, heldOut } = cell;
  const { training } = recipe(method as Exclude<typeof method, "plain">, { trainedContext, seqLen });
  const held = Array.from({ length: looked }, (_, at) =>
    behind(text.heldOut.slice(at * seqLen, (at + 1) * seqLen), trainedContext, bosToken),
  );
  const { state, evaluations } = await train({
    ...{ model, data: text.train.slice(0, samples), seqLen, ...training },
    ...{ steps, batchSize, gradientAccumulation: batchSize, learningRate: 1e-3 },
    // Only the longest runs are looked at on their way.
    ...(steps >= 200 ? { evaluation: { data: held, every: Math.ceil(steps / looks) } } : {}),
  });
  await keep(tools, model, cell, state.parameters);
  const source = await tunedCheckpoint(model.source, state.parameters);
  const tuned = await loadModel(
    { source, text: model.text },
    { backend: model.backend, extension: recipe(method as never, { trainedContext, seqLen }).extension },
  );
  const losses = await lossesOf(tools, tuned, heldOut);
  await tuned.release();
  return { losses, progress: evaluations };
};

export const open: Open<TuningSetup, TuningCell, TuningResult> = async ({ text: file, separator, models }) => {
  const plain = await loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }) });
  const text = await readText(plain, file, separator);
  const tools: Tools = { plain, text, models, bosToken: plain.source.bosToken! };
  return async (cell) => {
    const begun = performance.now();
    const { method, steps, heldOut } = cell;
    const model =
      method === "plain" ? plain : await plain.withExtension(recipe(method, { trainedContext, seqLen }).extension);
    const found =
      steps === 0 ? { losses: await lossesOf(tools, model, heldOut), progress: [] } : await tune(tools, model, cell);
    return { ...found, seconds: Math.round((performance.now() - begun) / 1000) };
  };
};
