/** Takes cells from a queue and runs them on threads side by side, with a claim on each cell while it runs. */
import type { Job as QueuedJob } from "bullmq";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { differences } from "@ropewalk/evals";
import type { SharedOptions } from "../flags/shared.ts";
import type { JobResult } from "../pool/jobs.ts";
import { openPool } from "../pool/pool.ts";
import { rounder } from "../sweep/run/round-weights-once.ts";
import { beyondMemory } from "../sweep/run/memory-limit.ts";
import { planner, type PlannedCell, type Planner } from "../sweep/plan/planned-cells.ts";
import { cellWords } from "../sweep/run/run-cells.ts";
import { mostStalls, queueName, type QueuedCell } from "./queued-cell.ts";
import type { QueueConnection } from "./connection.ts";

export type Serving = {
  readonly connection: QueueConnection;
  readonly options: SharedOptions;
  /** The folder that relative names of a sweep begin in. */
  readonly folder: string;
  readonly workers: number;
  /** The bytes that a cell may take, asked anew for each cell. */
  readonly memory: () => number;
  /** Milliseconds without a sign of life after which a cell goes to another worker. */
  readonly lease: number;
  readonly signal: AbortSignal;
  readonly onDone: (words: string, error?: Error) => void;
};

/** Milliseconds between two reports of progress. */
const tellEvery = 500;

/** Plans the cell on this machine, and checks that it is the cell that the sweep asks for. */
const planHere = async (
  folder: string,
  planners: (cell: QueuedCell) => Planner,
  queued: QueuedCell,
): Promise<PlannedCell> => {
  const { model, method, evaluation, hash, identity } = queued;
  const planned = await planners(queued)({ model, method, evaluation }).catch((error: Error) => {
    throw new Error(`worker: on ${hostname()}, in ${resolve(folder)}: ${error.message}`, { cause: error });
  });
  if (planned.hash !== hash)
    throw new Error(
      `worker: on ${hostname()}, in ${resolve(folder)}: ${cellWords(planned)} must be the cell that the sweep asks for, got another ${differences(planned.identity, identity).join(", ")}`,
    );
  return planned;
};

/** @returns when the signal is aborted or the server is lost, with every cell given back */
export const serve = async (serving: Serving): Promise<void> => {
  const { connection, options, folder, workers, memory, lease, signal, onDone } = serving;
  const { Worker, WaitingError } = await import("bullmq");
  const pool = openPool({ options, folder }, workers);
  const { round, remove } = rounder(options, signal);
  const plans = new Map<string, Planner>();
  const planners = ({ backend, precision }: QueuedCell): Planner => {
    const key = `${backend} ${precision}`;
    const place = { folder, options: { ...options, backend, ...(precision === undefined ? {} : { precision }) } };
    const there = plans.get(key) ?? planner(place);
    plans.set(key, there);
    return there;
  };
  let stopped = false;

  const run = async (job: QueuedJob<QueuedCell, JobResult>, token = ""): Promise<JobResult> => {
    const { backend, precision } = job.data;
    try {
      const cell = await planHere(folder, planners, job.data);
      const problem = beyondMemory(cell, memory());
      if (problem !== undefined) throw new Error(`worker: ${cellWords(cell)}: ${problem}`);
      const here = { ...cell.job.variant, backend, ...(precision === undefined ? {} : { precision }) };
      let told = 0;
      const result = await pool.run(await round({ ...cell.job, variant: here }), (done, total) => {
        if (performance.now() - told < tellEvery) return;
        told = performance.now();
        job.updateProgress({ done, total }).catch(() => {});
      });
      onDone(cellWords(cell));
      return result;
    } catch (error) {
      if (stopped) {
        // The cell goes to another worker at once, and this attempt does not count.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      onDone(job.data.hash.slice(0, 12), error as Error);
      throw error;
    }
  };

  const worker = new Worker<QueuedCell, JobResult>(queueName, run, {
    connection: connection.options,
    concurrency: workers,
    lockDuration: lease,
    stalledInterval: lease,
    maxStalledCount: mostStalls,
  });
  worker.on("error", () => {});
  const ended = AbortSignal.any([signal, connection.lost]);
  if (!ended.aborted)
    await new Promise<void>((end) => void ended.addEventListener("abort", () => end(), { once: true }));
  stopped = true;
  await pool.close(ended.reason as Error);
  await remove();
  await worker.close(connection.lost.aborted);
  throw ended.reason as Error;
};
