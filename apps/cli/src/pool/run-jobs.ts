/** A list of jobs, shared among workers. */
import { evaluationOf } from "@ropewalk/evals";
import type { Job, JobResult, WorkerSetup } from "./jobs.ts";
import { openPool } from "./pool.ts";

/** Tokens of a job's longest run. */
const lengthOf = ({ kind, params }: Pick<Job, "kind" | "params">): number =>
  evaluationOf("lengthOf", kind).length(params);

/**
 * Runs every job and gives the results in the jobs' order.
 *
 * @param onProgress - called as a job goes on, with what is done of it and all there is to do
 * @throws Error with the first failure, or whatever the signal was aborted with
 */
export const runJobs = async <J extends Job>(
  { setup, workers, signal }: { readonly setup: WorkerSetup; readonly workers: number; readonly signal: AbortSignal },
  jobs: readonly J[],
  onProgress: (job: J, done: number, total: number) => void = () => {},
): Promise<readonly JobResult[]> => {
  const pool = openPool(setup, Math.min(workers, jobs.length));
  const results: JobResult[] = Array.from({ length: jobs.length });
  // Long ones first: the last one to finish is then a short one.
  const order = jobs.map((job, index) => ({ job, index, length: lengthOf(job) }));
  order.sort((a, b) => b.length - a.length || a.index - b.index);
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
  try {
    const all = order.map(async ({ job, index }) => {
      results[index] = await pool.run(job, (done, total) => onProgress(job, done, total));
    });
    await Promise.race([Promise.all(all), aborted]);
    return results;
  } finally {
    await pool.close();
  }
};
