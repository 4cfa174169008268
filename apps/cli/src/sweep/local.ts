/** Cells run here, on workers side by side. */
import { dirname } from "node:path";
import { needCheckpoint } from "@ropewalk/generation";
import { quantizeOnDisk } from "@ropewalk/models/node";
import { roundingBar } from "../bars.ts";
import { open } from "../open-model.ts";
import type { SharedOptions } from "../options.ts";
import type { Job, JobResult } from "../pool/jobs.ts";
import { openPool, type OnProgress } from "../pool/pool.ts";
import { workersFor } from "./memory.ts";
import { once, type PlannedCell } from "./plan.ts";

export type LocalRun = {
  readonly run: (cell: PlannedCell, onProgress: OnProgress) => Promise<JobResult>;
  readonly stop: (reason: Error) => void;
  readonly close: () => Promise<void>;
};

type Rounded = Awaited<ReturnType<typeof quantizeOnDisk>>;

/** Rounds weights once for all workers. This thread does it, so that what it writes goes with the process. */
const rounder = (options: SharedOptions, signal: AbortSignal) => {
  const folders = once<Rounded>();
  const made: Rounded[] = [];
  const round = async (job: Job): Promise<Job> => {
    const { quantize } = job.variant;
    if (quantize === undefined) return job;
    const { path } = await folders(JSON.stringify([job.model, quantize]), async () => {
      const { source } = await open(job.model, options);
      const { onStep, stop } = roundingBar(signal);
      const rounded = await quantizeOnDisk(needCheckpoint("quantize", source), quantize, onStep).finally(stop);
      made.push(rounded);
      return rounded;
    });
    return { ...job, rounded: path };
  };
  return { round, remove: () => Promise.all(made.map((rounded) => rounded.remove())) };
};

export const localRun = async ({
  cells,
  options,
  file,
  ...machine
}: {
  readonly cells: readonly PlannedCell[];
  readonly options: SharedOptions & { readonly workers?: number };
  /** The sweep's: names begin beside it. */
  readonly file: string;
  readonly had: number;
  readonly cores: number;
  readonly signal: AbortSignal;
}): Promise<LocalRun> => {
  const { workers: asked, threads: stated, ...rest } = options;
  const workers = workersFor(cells, { asked, ...machine });
  const threads = stated ?? (workers > 1 ? 1 : undefined);
  const shared: SharedOptions = { ...rest, ...(threads === undefined ? {} : { threads }) };
  const pool = openPool({ options: shared, folder: dirname(file) }, workers);
  const { round, remove } = rounder(shared, machine.signal);
  const stop = (reason: Error): void => void pool.close(reason);
  machine.signal.addEventListener("abort", () => stop(machine.signal.reason as Error), { once: true });
  return {
    run: async ({ job }, onProgress) => pool.run(await round(job), onProgress),
    stop,
    close: async () => {
      await pool.close();
      await remove();
    },
  };
};
