/** Workers that share a list of jobs. A run of a small model keeps one core busy; several side by side keep them all. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Job, JobResult, WorkerMessage, WorkerOrder, WorkerSetup } from "./jobs.ts";

export type Pool = { readonly setup: WorkerSetup; readonly workers: number; readonly signal: AbortSignal };

// The worker stands beside this file, as source or built.
const workerFile = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * Runs every job and gives the results in the jobs' order.
 *
 * @param onTrial - called after each trial with its length in tokens
 * @throws Error with the first worker's failure, or whatever the signal was aborted with
 */
export const runJobs = async (
  { setup, workers, signal }: Pool,
  jobs: readonly Job[],
  onTrial: (length: number, job: Job) => void,
): Promise<readonly JobResult[]> => {
  const results: JobResult[] = Array.from({ length: jobs.length });
  const started: { readonly tell: (order: WorkerOrder) => void; readonly ended: Promise<unknown> }[] = [];
  let next = 0;
  // Long cells first: the last one to finish is then a short one.
  const order = jobs.map((_, index) => index).sort((a, b) => jobs[b]!.length - jobs[a]!.length || a - b);

  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, { workerData: setup });
      started.push({ tell: (what) => worker.postMessage(what), ended: once(worker, "exit") });
      let current = -1;
      const take = (): void => {
        if (next === order.length) return resolve();
        current = order[next++]!;
        worker.postMessage({ kind: "run", job: jobs[current]! } satisfies WorkerOrder);
      };
      worker.on("error", reject);
      worker.on("message", (message: WorkerMessage) => {
        switch (message.kind) {
          case "ready":
            return take();
          case "trial":
            return onTrial(message.length, jobs[current]!);
          case "done":
            results[current] = message.result;
            return take();
          case "failed":
            return reject(new Error(message.message));
          default:
            return message satisfies never;
        }
      });
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });

  try {
    await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, work));
    return results;
  } finally {
    for (const { tell } of started) tell({ kind: "stop" });
    await Promise.all(started.map(({ ended }) => ended));
  }
};
