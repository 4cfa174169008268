/** A job in a place: what it waits for, what it takes, and that the place is given back however it ends. */
import type { Pieces, Usage } from "./answer/pieces.ts";
import { runJob } from "./answer/run.ts";
import type { Job } from "./body/job.ts";
import type { Metrics } from "./metrics.ts";
import type { Served, ServedModel } from "./models.ts";
import type { Place } from "./places.ts";

const secondsSince = (begun: number): number => (performance.now() - begun) / 1000;

export const runIn = async function* (
  { served, metrics, begun }: { readonly served: Served; readonly metrics: Metrics; readonly begun: number },
  entering: Promise<Place<ServedModel>>,
  job: Job,
  signal: AbortSignal,
): Pieces {
  const { worker, leave } = await entering;
  const pieces = runJob(worker, job, signal);
  let first: number | undefined;
  let usage: Usage | undefined;
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      first ??= secondsSince(begun);
      if (done) return (usage = value);
      yield value;
    }
  } finally {
    // The model is free when its run has ended, and not before.
    await pieces.return(undefined as never).catch(() => {});
    leave();
    metrics.ran(served.name, { first, all: secondsSince(begun) });
    if (usage !== undefined) metrics.used(served.name, usage);
  }
};
