/** Runs a list of jobs on workers. */
import { evaluationOf } from "@ropewalk/evals";
import type { Job, JobResult, WorkerSetup } from "./jobs.ts";
import { openPool } from "./pool.ts";

/** Tokens of a job's longest run. */
const lengthOf = ({ kind, params }: Pick<Job, "kind" | "params">): number =>
  evaluationOf("lengthOf", kind).length(params);

/**
 * Runs every job and gives the results in the jobs' order.
 *
 * @param onProgress - called during a job, with the units done and all units of the job
 * @throws the first job's error, or the signal's reason
 */
export const runJobs = async <J extends Job>(
  { setup, workers, signal }: { readonly setup: WorkerSetup; readonly workers: number; readonly signal: AbortSignal },
  jobs: readonly J[],
  onProgress: (job: J, done: number, total: number) => void = () => {},
): Promise<readonly JobResult[]> => {
  const pool = openPool(setup, Math.min(workers, jobs.length));
  const results: JobResult[] = Array.from({ length: jobs.length });
  // Long jobs first, so that the last job to finish is a short one.
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
