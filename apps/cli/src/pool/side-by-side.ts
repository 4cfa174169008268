/** Evaluations of one model under several methods, on workers, for all commands that compare methods. */
import { evaluationOf } from "@ropewalk/evals";
import { extendDecoder } from "@ropewalk/decoder";
import { needCheckpoint, type OpenedModel } from "@ropewalk/generation";
import type { Precision } from "@ropewalk/models";
import { quantizeOnDisk } from "@ropewalk/models/node";
import { Option } from "commander";
import { availableParallelism } from "node:os";
import { newBar, roundingBar } from "../terminal/progress-bars.ts";
import { shipped } from "../terminal/help-texts.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { notice } from "../terminal/notice.ts";
import { number } from "../flags/parse-numbers.ts";
import { chosenFor, replacedNotices } from "../model/open-model.ts";
import { checkCount, type SharedOptions } from "../flags/shared.ts";
import type { Job, JobResult, WorkerSetup } from "./jobs.ts";
import { runJobs } from "./run-jobs.ts";
import { variantName, withoutExtension, type RunVariant } from "../flags/variants.ts";

/** A job of one method, with the name that tells it from other methods. */
export type NamedJob<Params extends object = object> = Job & {
  readonly name: string;
  readonly options: SharedOptions;
  readonly params: Params;
};

/** Tokens of the job's longest run. */
const lengthOf = ({ kind, params }: Pick<Job, "kind" | "params">): number =>
  evaluationOf("passkey", kind).length(params);

/** The jobs of every evaluation under every variant, variant by variant. */
export const jobsOf = <Params extends object>(
  kind: string,
  { model, opened, options }: { readonly model: string; readonly opened: OpenedModel; readonly options: SharedOptions },
  variants: readonly RunVariant[],
  params: readonly Params[],
): readonly NamedJob<Params>[] =>
  variants.flatMap((variant) => {
    const { modules, ...rest } = variant.options;
    const own: SharedOptions = { ...withoutExtension(options), ...variant.options };
    return params.map((asked): NamedJob<Params> => ({
      model,
      kind,
      params: asked,
      variant: rest,
      options: own,
      ...(modules && { modules: modules.map(({ path }) => path) }),
      name: variantName(chosenFor(opened, own, lengthOf({ kind, params: asked })).name, variant),
    }));
  });

/** Says what the methods switch off, each thing once. */
const noticeReplaced = (opened: OpenedModel, jobs: readonly NamedJob[]): void => {
  const said = jobs.flatMap((job) => {
    const chosen = chosenFor(opened, job.options, lengthOf(job));
    return [...replacedNotices(opened, chosen), ...extendDecoder(opened.source.decoder, chosen.extension).notices];
  });
  for (const words of new Set(said)) notice(words);
};

/** Rounds the weights once for all workers. The main thread does this, so that its files are removed with the process. */
export const roundOnce = async (
  { source }: OpenedModel,
  precision: Precision,
  signal: AbortSignal,
): ReturnType<typeof quantizeOnDisk> => {
  const { onStep, stop } = roundingBar(signal);
  return quantizeOnDisk(needCheckpoint("quantize", source), precision, onStep).finally(stop);
};

export const workersOption = (): Option =>
  new Option(
    "--workers <n>",
    "runs side by side, each with the model in memory; absent: 1, or as many as cores for a shipped model",
  ).argParser(number);

/** The default number of workers: one for each core for a shipped model, which is small; else one worker with all cores. */
export const workersFor = (command: string, model: string, asked: number | undefined): number =>
  checkCount(command, "--workers", asked ?? (shipped.some(({ name }) => name === model) ? availableParallelism() : 1));

export type SideBySide<Params extends object> = {
  readonly command: string;
  readonly opened: OpenedModel;
  readonly options: SharedOptions;
  readonly workers: number;
  readonly texts?: WorkerSetup["texts"];
  /** The work of a job, in the units of its progress. */
  readonly workOf: (params: Params) => number;
  /** The text of a job in the bar. */
  readonly label: (job: NamedJob<Params>) => string;
};

/** Threads of one run: one, when there are several workers. */
export const threadsOf = ({ threads }: SharedOptions, workers: number): number | undefined =>
  threads ?? (workers > 1 ? 1 : undefined);

/** Runs the jobs and gives their results in order, with a bar. */
export const runSideBySide = async <Params extends object>(
  { command, opened, options, workers, texts, workOf, label }: SideBySide<Params>,
  jobs: readonly NamedJob<Params>[],
): Promise<readonly JobResult[]> => {
  const { quantize, threads: _, ...rest } = withoutExtension(options);
  const threads = threadsOf(options, workers);
  noticeReplaced(opened, jobs);
  const signal = interruptSignal(command);
  const rounded = quantize && (await roundOnce(opened, quantize, signal));
  const bar = newBar("{what}");
  bar.start(
    jobs.reduce((sum, { params }) => sum + workOf(params), 0),
    0,
    { what: "loading" },
  );
  const before = new Map<number, number>();
  const onProgress = ({ index }: { readonly index: number }, done: number): void => {
    bar.increment(done - (before.get(index) ?? 0), { what: label(jobs[index]!) });
    before.set(index, done);
  };
  // A job's options may hold functions, which cannot be sent to a worker.
  const ready = jobs.map(({ options: _own, name: _name, ...job }, index) => ({
    ...job,
    index,
    ...(rounded && { rounded: rounded.path }),
  }));
  const setup: WorkerSetup = {
    options: { ...rest, ...(threads === undefined ? {} : { threads }) },
    ...(texts && { texts }),
  };
  return runJobs({ setup, workers, signal }, ready, onProgress).finally(async () => {
    bar.stop();
    await rounded?.remove();
  });
};
