/** The plan of a training run, from the flags: extension, samples and numbers. */
import { show } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder, type ExtendedDecoder } from "@ropewalk/decoder";
import { needTunable, recipe, type Data, type RecipeName, type Schedule, type TrainConfig } from "@ropewalk/finetune";
import type { OpenedModel } from "@ropewalk/generation";
import { withoutUndefined } from "../flags/without-undefined.ts";
import { asksForExtension } from "../flags/extension.ts";
import { notice } from "../terminal/notice.ts";
import { chosenFor, replacedNotices } from "../model/open-model.ts";
import { backendFrom, checkCount, type SharedOptions } from "../flags/shared.ts";
import { readFiles, type FileOptions } from "./read-data.ts";

export type FinetuneOptions = SharedOptions &
  FileOptions & {
    readonly output: string;
    readonly recipe?: RecipeName;
    readonly learningRate: number;
    readonly steps?: number;
    readonly batchSize?: number;
    readonly schedule?: Schedule["kind"];
    readonly warmupSteps?: number;
    readonly weightDecay?: number;
    readonly gradientClipping?: number;
    readonly gradientAccumulation?: number;
    readonly gradientCheckpointing?: boolean;
    readonly seed?: number;
    readonly evaluationEvery?: number;
    readonly saveEvery?: number;
    readonly resume?: boolean;
    readonly svg?: string;
  };

export type Plan = {
  readonly name: string;
  readonly extension: ContextExtension;
  readonly data: Data;
  readonly heldOut: Data | undefined;
  readonly training: TrainConfig;
};

/** @throws RangeError when a recipe and another extension are asked for at once */
const extensionOf = (
  opened: OpenedModel,
  options: FinetuneOptions,
): { readonly name: string; readonly extension: ContextExtension } => {
  const { length, recipe: asked } = options;
  if (asked === undefined) {
    const chosen = chosenFor(opened, options, length);
    for (const said of replacedNotices(opened, chosen)) notice(said);
    return chosen;
  }
  if (asksForExtension(options))
    throw new RangeError(
      `finetune: --recipe ${asked} has an extension of its own, got another by --method or its numbers`,
    );
  const { extension } = recipe(asked, { trainedContext: opened.source.decoder.trainedContext, seqLen: length });
  const chosen = { name: asked, extension, own: false };
  for (const said of replacedNotices(opened, chosen)) notice(said);
  return chosen;
};

/** Steps between two events that occur ten times a run. */
export const aTenth = (steps: number): number => Math.ceil(steps / 10);

const evaluationOf = (
  heldOut: Data | undefined,
  { evaluationEvery: every }: FinetuneOptions,
  steps: number,
): Pick<TrainConfig, "evaluation"> => {
  if (every !== undefined) checkCount("finetune", "--evaluation-every", every);
  if (heldOut !== undefined) return { evaluation: { data: heldOut.samples, every: every ?? aTenth(steps) } };
  if (every !== undefined)
    throw new RangeError(`finetune: --evaluation-every is read beside --evaluation alone, got ${every}`);
  return {};
};

/** Default limit of the bytes of one run's attention scores. Their gradients take as much again. */
const mostScores = 2 ** 30;

/**
 * The fewest equal parts of a batch whose attention scores stay within the limit: half of 4 · heads · samples · N² bytes for each band of each
 * layer, or of one layer alone with gradient checkpointing.
 */
const partsFor = (
  { decoder, groups }: ExtendedDecoder,
  { batchSize, seqLen, gradientCheckpointing }: Pick<TrainConfig, "batchSize" | "seqLen" | "gradientCheckpointing">,
): number => {
  const scores = groups.map(({ layers, positions: { bands } }) => ({
    one: bands.length,
    all: layers.length * bands.length,
  }));
  const matrices =
    gradientCheckpointing === true
      ? Math.max(...scores.map(({ one }) => one))
      : scores.reduce((sum, { all }) => sum + all, 0);
  const sample = 2 * matrices * decoder.numHeads * seqLen ** 2;
  for (let parts = 1; parts < batchSize; parts++)
    if (batchSize % parts === 0 && (batchSize / parts) * sample <= mostScores) return parts;
  return batchSize;
};

/**
 * @throws Error, RangeError and TypeError that name the flag, the file and its line
 */
export const planOf = async (opened: OpenedModel, options: FinetuneOptions): Promise<Plan> => {
  const { decoder } = needTunable("finetune", opened.source);
  const { length: seqLen, data: file } = options;
  const { name, extension } = extensionOf(opened, options);
  const extended = { ...extendDecoder(decoder, extension), name: opened.source.name };
  for (const said of extended.notices) notice(said);
  // Without a recipe the numbers of entropy-abf are the defaults.
  const own = recipe(options.recipe ?? "entropy-abf", { trainedContext: decoder.trainedContext, seqLen });
  const samples = options.samples ?? own.samples;
  const { data, heldOut } = await readFiles(opened, options, samples);
  if (data.samples.length < (options.samples ?? 1))
    throw new RangeError(
      `finetune: --samples must be at most those of ${file}, ${data.samples.length}, got ${show(options.samples)}`,
    );
  const { learningRate, weightDecay, gradientClipping, seed } = options;
  const { steps = own.training.steps, batchSize = own.training.batchSize } = options;
  checkCount("finetune", "--steps", steps);
  checkCount("finetune", "--batch-size", batchSize);
  const { gradientCheckpointing = false } = options;
  const { gradientAccumulation = partsFor(extended, { batchSize, seqLen, gradientCheckpointing }) } = options;
  const { schedule: kind = "cosine", warmupSteps } = options;
  const training: TrainConfig = {
    model: { backend: backendFrom(options), source: opened.source, extended },
    data: data.samples,
    ...own.training,
    seqLen,
    learningRate,
    schedule: { kind, ...withoutUndefined({ warmupSteps }) },
    steps,
    batchSize,
    gradientAccumulation,
    gradientCheckpointing,
    ...withoutUndefined({ weightDecay, gradientClipping, seed }),
    ...evaluationOf(heldOut, options, steps),
  };
  return { name, extension, data, heldOut, training };
};
