/** A cell of the tuning study: a model tuned as the cell says, kept as a folder, and its losses by position. */
import { cpu } from "@ropewalk/backend-node";
import { perplexity } from "@ropewalk/evals";
import { recipe, train, tunedCheckpoint, tunedFolder, type Parameters, type RecipeName } from "@ropewalk/finetune";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder, writeFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Open } from "../run/cells.ts";
import { looked, nameOf, seqLen, trainedContext, type TuningCell, type TuningResult } from "./cells.ts";
import { behind, firstHeldOut, readText, type Text } from "./text.ts";

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
    length: seqLen,
    windows: heldOut,
    bucket,
    masked: [bosToken],
  });
  return buckets.map(({ loss }) => loss);
};

/** The same positions, each stretch of the trained length read by itself. */
const lossesApart = async (
  { text, bosToken }: Tools,
  model: LanguageModel,
  heldOut: number,
): Promise<readonly number[]> => {
  const stretches = seqLen / trainedContext;
  const read = Array.from({ length: heldOut * stretches }, (_, at) => at);
  const found: { readonly loss: number; readonly tokens: number }[] = [];
  for (const at of read) {
    const ids = text.heldOut.slice(at * trainedContext, (at + 1) * trainedContext + 1);
    found.push(await perplexity(model, ids, { length: trainedContext, windows: 1, masked: [bosToken] }));
  }
  return Array.from({ length: stretches }, (_, place) => {
    const own = found.filter((__, at) => at % stretches === place);
    const tokens = own.reduce((sum, one) => sum + one.tokens, 0);
    return own.reduce((sum, one) => sum + one.loss * one.tokens, 0) / tokens;
  });
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

type Tuned = Pick<TuningResult, "progress"> & { readonly model: LanguageModel };

/** Only the longest runs are looked at on their way. */
const isLookedAt = ({ steps }: TuningCell): boolean => steps >= 200;

/** The model that an earlier run has kept; a run that is looked at on its way has to be seen. */
const kept = async ({ models, plain }: Tools, cell: TuningCell): Promise<Tuned | undefined> => {
  const folder = join(models, nameOf(cell));
  const found = !isLookedAt(cell) && (await stat(folder).catch(() => undefined))?.isDirectory();
  if (!found) return undefined;
  return { model: await loadModel(await openFolder(folder), { backend: plain.backend }), progress: [] };
};

const tune = async (tools: Tools, model: LanguageModel, method: RecipeName, cell: TuningCell): Promise<Tuned> => {
  const { text, bosToken } = tools;
  const { steps, samples, batchSize } = cell;
  const { extension, training } = recipe(method, { trainedContext, seqLen });
  const held = firstHeldOut(text, looked).map((ids) => behind(ids, trainedContext, bosToken));
  const { state, evaluations } = await train({
    model,
    data: text.train.slice(0, samples),
    seqLen,
    ...training,
    steps,
    batchSize,
    gradientAccumulation: batchSize,
    learningRate: 1e-3,
    ...(isLookedAt(cell) ? { evaluation: { data: held, every: Math.ceil(steps / looks) } } : {}),
  });
  await keep(tools, model, cell, state.parameters);
  const source = await tunedCheckpoint(model.source, state.parameters);
  const tuned = await loadModel({ source, text: model.text }, { backend: model.backend, extension });
  return { model: tuned, progress: evaluations };
};

export const open: Open<TuningSetup, TuningCell, TuningResult> = async ({ text: file, separator, models }) => {
  const plain = await loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }) });
  const text = await readText(plain, file, separator);
  const tools: Tools = { plain, text, models, bosToken: plain.source.bosToken! };
  return async (cell) => {
    const begun = performance.now();
    const { method, steps, heldOut } = cell;
    const seconds = (): number => Math.round((performance.now() - begun) / 1000);
    if (method === "plain") {
      const losses = await (cell.apart ? lossesApart : lossesOf)(tools, plain, heldOut);
      return { losses, progress: [], seconds: seconds() };
    }
    const extended = await plain.withExtension(recipe(method, { trainedContext, seqLen }).extension);
    if (steps === 0) return { losses: await lossesOf(tools, extended, heldOut), progress: [], seconds: seconds() };
    const { model, progress } = (await kept(tools, cell)) ?? (await tune(tools, extended, method, cell));
    const losses = await lossesOf(tools, model, heldOut);
    await model.release();
    return { losses, progress, seconds: seconds() };
  };
};
