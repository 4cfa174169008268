/** A sweep whose cells are run by workers elsewhere: puts them into the queue, and waits for what comes of them. */
import type { Job as QueuedJob } from "bullmq";
import { notice } from "../notice.ts";
import type { SharedOptions } from "../options.ts";
import type { JobResult } from "../pool/jobs.ts";
import type { OnProgress } from "../pool/pool.ts";
import type { CellRun } from "../sweep/cell-run.ts";
import type { PlannedCell } from "../sweep/plan.ts";
import { queuedCell, queueName, tries, type QueuedCell } from "./cells.ts";
import type { QueueConnection } from "./connection.ts";

type Waiting = {
  readonly onProgress: OnProgress;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
};

/** Events can be missed: what is waited for is looked at now and then, in milliseconds. */
const lookEvery = 5000;

export const queueRun = async (
  { shown, options: connection, lost }: QueueConnection,
  { options, signal }: { readonly options: SharedOptions; readonly signal: AbortSignal },
): Promise<CellRun> => {
  const { Queue, QueueEvents } = await import("bullmq");
  const queue = new Queue<QueuedCell, JobResult, "cell">(queueName, { connection });
  const events = new QueueEvents(queueName, { connection });
  // What is lost for good is told by `lost`.
  queue.on("error", () => {});
  events.on("error", () => {});
  const waiting = new Map<string, Waiting>();
  let ended: Error | undefined;

  const settle = (hash: string, how: (cell: Waiting) => void): void => {
    const cell = waiting.get(hash);
    waiting.delete(hash);
    if (cell !== undefined) how(cell);
  };
  const stop = (reason: Error): void => {
    ended ??= reason;
    for (const hash of waiting.keys()) settle(hash, ({ reject }) => reject(reason));
  };
  for (const aborted of [signal, lost])
    aborted.addEventListener("abort", () => stop(aborted.reason as Error), { once: true });

  events.on("completed", ({ jobId, returnvalue }) =>
    settle(jobId, ({ resolve }) => resolve(returnvalue as unknown as JobResult)),
  );
  events.on("failed", ({ jobId, failedReason }) => settle(jobId, ({ reject }) => reject(new Error(failedReason))));
  events.on("progress", ({ jobId, data }) => {
    const { done, total } = data as { readonly done: number; readonly total: number };
    waiting.get(jobId)?.onProgress(done, total);
  });
  await events.waitUntilReady();

  /** What came of it before. */
  const look = async (job: QueuedJob<QueuedCell, JobResult>): Promise<void> => {
    const hash = job.id!;
    const state = await job.getState();
    if (state === "completed") settle(hash, ({ resolve }) => resolve(job.returnvalue));
    else if (state === "failed") settle(hash, ({ reject }) => reject(new Error(job.failedReason)));
  };
  const looking = setInterval(() => {
    const lookAt = async (hash: string): Promise<void> => {
      const job = await queue.getJob(hash);
      if (job !== undefined) await look(job as QueuedJob<QueuedCell, JobResult>);
    };
    for (const hash of waiting.keys()) lookAt(hash).catch(() => {});
  }, lookEvery);

  if ((await queue.getWorkersCount()) === 0)
    notice(`sweep: no worker takes cells from ${shown} yet: ropewalk worker --queue ${shown} is one`);

  return {
    run: (cell: PlannedCell, onProgress) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting.set(cell.hash, { onProgress, resolve, reject });
        const put = async (): Promise<void> => {
          const asked = { jobId: cell.hash, attempts: tries, backoff: { type: "fixed", delay: 1000 } as const };
          const job = await queue.add("cell", queuedCell(cell, options), asked);
          const there = await queue.getJob(job.id!);
          // One that failed for an earlier sweep is tried anew.
          if (await there?.isFailed()) await there!.retry("failed", { resetAttemptsMade: true });
          else if (there !== undefined) await look(there as QueuedJob<QueuedCell, JobResult>);
        };
        put().catch((error: Error) => settle(cell.hash, (own) => own.reject(error)));
      }),
    stop,
    close: async () => {
      clearInterval(looking);
      stop(new Error("sweep: closed"));
      await Promise.all([events.close(), queue.close()].map((closing) => closing.catch(() => {})));
    },
  };
};
