/** A pool of workers. A run of a small model keeps one core busy; several runs keep all cores busy. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Job, JobResult, WorkerMessage, WorkerOrder, WorkerSetup } from "./jobs.ts";

/** Called during a job, with the units done and all units of the job. */
export type OnProgress = (done: number, total: number) => void;

export type Pool = {
  readonly workers: number;
  /**
   * Runs a job on the next free worker, preferably one that has loaded the job's model.
   *
   * @throws the job's error, or the reason that the pool was closed for
   */
  readonly run: (job: Job, onProgress?: OnProgress) => Promise<JobResult>;
  /** Stops all jobs, and waits until the workers have ended. */
  readonly close: (reason?: Error) => Promise<void>;
};

// The worker stands beside this file, as source or built.
const workerFile = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

type Waiting = {
  readonly job: Job;
  readonly onProgress: OnProgress;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
};

type Started = {
  readonly tell: (order: WorkerOrder) => void;
  readonly ended: Promise<unknown>;
  /** The job that the worker runs. */
  running: Waiting | undefined;
  model: string;
};

/** Opens a pool. Workers are started when jobs wait, at most `workers` of them. */
export const openPool = (setup: WorkerSetup, workers: number): Pool => {
  const started: Started[] = [];
  const waiting: Waiting[] = [];
  let closed: Error | undefined;

  const free = (job: Job): Started | undefined => {
    const idle = started.filter(({ running }) => running === undefined);
    return idle.find(({ model }) => model === job.model) ?? (started.length < workers ? start() : idle[0]);
  };

  const take = (): void => {
    while (waiting.length > 0) {
      const worker = free(waiting[0]!.job);
      if (worker === undefined) return;
      const next = waiting.shift()!;
      worker.running = next;
      worker.model = next.job.model;
      worker.tell({ kind: "run", job: next.job });
    }
  };

  const start = (): Started => {
    const thread = new Worker(workerFile, { workerData: setup });
    const own: Started = {
      tell: (order) => thread.postMessage(order),
      ended: once(thread, "exit").catch(() => undefined),
      running: undefined,
      model: "",
    };
    started.push(own);
    const settle = (how: (job: Waiting) => void): void => {
      const job = own.running;
      own.running = undefined;
      if (job !== undefined) how(job);
      take();
    };
    // A worker that has ended takes no other job. A user's code may end its thread without an error.
    const gone = (error: Error): void => {
      const at = started.indexOf(own);
      if (at < 0 || closed) return;
      started.splice(at, 1);
      settle(({ reject }) => reject(error));
    };
    thread.on("error", (error) => gone(error as Error));
    thread.on("exit", (code) => gone(new Error(`pool: a worker must not end by itself, got exit code ${code}`)));
    thread.on("message", (message: WorkerMessage) => {
      switch (message.kind) {
        case "progress":
          return own.running?.onProgress(message.done, message.total);
        case "done":
          return settle(({ resolve }) => resolve(message.result));
        case "failed":
          return settle(({ reject }) => reject(new Error(message.message)));
        default:
          return message satisfies never;
      }
    });
    return own;
  };

  return {
    workers,
    run: (job, onProgress = () => {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed);
        waiting.push({ job, onProgress, resolve, reject });
        take();
      }),
    close: async (reason = new Error("pool: closed")) => {
      closed = reason;
      for (const { reject } of waiting.splice(0)) reject(reason);
      for (const { running } of started) running?.reject(reason);
      for (const { tell } of started) tell({ kind: "stop" });
      await Promise.all(started.map(({ ended }) => ended));
    },
  };
};
