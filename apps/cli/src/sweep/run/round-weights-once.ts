/** Rounds weights once for all workers. This thread does it, so that what it writes goes with the process. */
import { needCheckpoint } from "@ropewalk/generation";
import { quantizeOnDisk } from "@ropewalk/models/node";
import { roundingBar } from "../../terminal/progress-bars.ts";
import { open } from "../../model/open-model.ts";
import type { SharedOptions } from "../../flags/shared.ts";
import type { Job } from "../../pool/jobs.ts";
import { once } from "../plan/planned-cells.ts";

type Rounded = Awaited<ReturnType<typeof quantizeOnDisk>>;

export type Rounder = {
  /** The job on rounded weights, if it asks for them. */
  readonly round: (job: Job) => Promise<Job>;
  readonly remove: () => Promise<unknown>;
};

export const rounder = (options: SharedOptions, signal: AbortSignal): Rounder => {
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
