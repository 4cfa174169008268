/** Tasks at lengths on a model, shared among workers. */
import { extendDecoder } from "@ropewalk/decoder";
import type { TaskParams, TaskResult } from "@ropewalk/evals";
import { needCheckpoint, type OpenedModel } from "@ropewalk/generation";
import { quantizeOnDisk } from "@ropewalk/models/node";
import { newBar, roundingBar } from "../bars.ts";
import { interruptSignal } from "../interrupt.ts";
import { notice } from "../notice.ts";
import { chosenFor, replacedNotices } from "../open-model.ts";
import type { SharedOptions } from "../options.ts";
import type { Job } from "../pool/jobs.ts";
import { runJobs } from "../pool/run-jobs.ts";

export type TasksRun = {
  readonly model: string;
  readonly opened: OpenedModel;
  readonly options: SharedOptions;
  readonly workers: number;
  readonly texts: Readonly<Record<string, string>>;
};

type TaskJob = Job & { readonly params: TaskParams };

const sayNotices = (opened: OpenedModel, options: SharedOptions, cells: readonly TaskParams[]): void => {
  const said = cells.flatMap(({ length }) => {
    const chosen = chosenFor(opened, options, length);
    return [...replacedNotices(opened, chosen), ...extendDecoder(opened.source.decoder, chosen.extension).notices];
  });
  for (const words of new Set(said)) notice(words);
};

/** The results in the cells' order. */
export const runTasks = async (
  { model, opened, options, workers, texts }: TasksRun,
  cells: readonly TaskParams[],
): Promise<readonly TaskResult[]> => {
  const { quantize, modules, threads = workers > 1 ? 1 : undefined, ...rest } = options;
  sayNotices(opened, options, cells);
  const signal = interruptSignal("ruler");
  const { onStep, stop } = roundingBar(signal);
  const rounded =
    quantize && (await quantizeOnDisk(needCheckpoint("quantize", opened.source), quantize, onStep).finally(stop));
  const jobs = cells.map((params): TaskJob => ({
    ...{ model, variant: {}, kind: "task", params },
    ...(modules && { modules: modules.map(({ path }) => path) }),
    ...(rounded && { rounded: rounded.path }),
  }));
  const bar = newBar("{what}");
  bar.start(
    cells.reduce((sum, { length, samples }) => sum + length * samples, 0),
    0,
    { what: "loading" },
  );
  const setup = { options: { ...rest, ...(threads === undefined ? {} : { threads }) }, texts };
  const results = await runJobs({ setup, workers, signal }, jobs, ({ params: { task, length } }) =>
    bar.increment(length, { what: `${task}, ${length} tokens` }),
  ).finally(async () => {
    bar.stop();
    await rounded?.remove();
  });
  const beyond = cells.filter((_, index) => results[index]!.beyondCapacity).map(({ length }) => length);
  if (beyond.length > 0)
    notice(`ruler: ${[...new Set(beyond)].join(", ")} tokens are beyond the capacity; run all the same`);
  return results.map(({ result }) => result as TaskResult);
};
