/** Runs a job once it gets a slot, records its times and usage, and gives the slot back however the run ends. */
import type { Pieces, Usage } from "./pieces.ts";
import { runJob } from "./run-job.ts";
import type { Job } from "../body/job.ts";
import type { Metrics } from "../metrics.ts";
import type { Runner, Served } from "../models.ts";
import type { Slot } from "../run-queue.ts";

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000;

export type Run = {
  readonly served: Served;
  readonly metrics: Metrics;
  /** When the request arrived. */
  readonly begun: number;
  readonly onError: (error: unknown) => void;
};

export const runIn = async function* (
  { served, metrics, begun, onError }: Run,
  entering: Promise<Slot<Runner>>,
  job: Job,
  signal: AbortSignal,
): Pieces {
  const { worker, leave } = await entering;
  const pieces = runJob(worker, served.keeps, job, signal);
  let first: number | undefined;
  let usage: Usage | undefined;
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      first ??= secondsSince(begun);
      if (done) {
        usage = value;
        return value;
      }
      yield value;
    }
  } finally {
    // The model is free only when its run has ended.
    await pieces.return(undefined as never).catch(() => {});
    await worker.pool.trim().catch(onError);
    leave();
    metrics.ran(served.name, { first, all: secondsSince(begun) });
    if (usage !== undefined) metrics.used(served.name, usage);
  }
};
