/** Puts the cells of a sweep into a queue, and waits for the results of workers elsewhere. */
import { notice } from "../terminal/notice.ts";
import type { SharedOptions } from "../flags/shared.ts";
import type { JobResult } from "../pool/jobs.ts";
import type { OnProgress } from "../pool/pool.ts";
import type { CellRun } from "../sweep/run/cell-runner.ts";
import type { PlannedCell } from "../sweep/plan/planned-cells.ts";
import { queuedCell, queueName, tries, type QueuedCell } from "./queued-cell.ts";
import type { QueueConnection } from "./connection.ts";

type Waiting = {
  readonly cell: PlannedCell;
  readonly onProgress: OnProgress;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
};

/** Milliseconds between two looks at the waiting cells, since events can be missed. */
const lookEvery = 5000;

export const queueRun = async (
  { shown, options: connection, lost }: QueueConnection,
  { options, signal }: { readonly options: SharedOptions; readonly signal: AbortSignal },
): Promise<CellRun> => {
  const { Queue, QueueEvents } = await import("bullmq");
  const queue = new Queue<QueuedCell, JobResult, "cell">(queueName, { connection });
  const events = new QueueEvents(queueName, { connection });
  // `lost` reports a server that stays away.
  queue.on("error", () => {});
  events.on("error", () => {});
  const waiting = new Map<string, Waiting>();
  const asked = { attempts: tries, backoff: { type: "fixed", delay: 1000 } as const };
  const add = (cell: PlannedCell) => queue.add("cell", queuedCell(cell, options), { jobId: cell.hash, ...asked });
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

  /** Looks at the state of a cell, and settles a finished one. The state is asked first, so the job read after it is at least as new. */
  const look = async (hash: string): Promise<void> => {
    const state = await queue.getJobState(hash);
    // A restarted server may have lost the cell.
    const lostCell = state === "unknown" ? waiting.get(hash)?.cell : undefined;
    if (lostCell) await add(lostCell);
    if (state !== "completed" && state !== "failed") return;
    const job = await queue.getJob(hash);
    if (state === "completed" && job) settle(hash, ({ resolve }) => resolve(job.returnvalue));
    if (state === "failed" && job) settle(hash, ({ reject }) => reject(new Error(job.failedReason)));
  };
  const looking = setInterval(() => {
    for (const hash of waiting.keys()) look(hash).catch(() => {});
  }, lookEvery);

  if ((await queue.getWorkersCount()) === 0)
    notice(`sweep: no worker takes cells from ${shown} yet: ropewalk worker --queue ${shown} is one`);

  return {
    run: (cell: PlannedCell, onProgress) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting.set(cell.hash, { cell, onProgress, resolve, reject });
        const put = async (): Promise<void> => {
          const state = await queue.getJobState(cell.hash);
          // A cell that failed for an earlier sweep is tried again. A cell that is queued already is not queued twice.
          if (state === "failed") await (await queue.getJob(cell.hash))?.retry("failed", { resetAttemptsMade: true });
          else await add(cell);
          await look(cell.hash);
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
