/**
 * Runs the cells of a study in workers of one thread each, since a run of a small model keeps one core busy. A worker's module exports `open`,
 * which is called once with the study's setup and returns the function that runs a cell.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openResults, type Results, type Subject } from "./results.ts";

export type Open<Setup, Cell, Result> = (setup: Setup) => Promise<(cell: Cell) => Promise<Result>>;

export type Study<Setup> = {
  /** The module that exports `open`. */
  readonly module: URL;
  readonly setup: Setup;
  readonly workers: number;
  /** The file of results. */
  readonly results: string;
  readonly subject: Subject;
};

export type WorkerSetup = { readonly module: string; readonly setup: unknown };

export type Order<Cell> = { readonly kind: "do"; readonly cell: Cell } | { readonly kind: "stop" };

export type Answer<Result> =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string };

// Workers find the runtime's telemetry off only where the main thread has set it so.
process.env["ORT_DISABLE_TELEMETRY"] ??= "1";

const workerFile = new URL("worker.ts", import.meta.url);

/**
 * Runs the cells that are missing in the file of results, in their order.
 *
 * @param onDone - called after each cell
 * @returns all results of the file
 * @throws Error when a worker fails, with its message
 */
export const runCells = async <Setup, Cell extends object, Result>(
  { module, setup, workers, results: file, subject }: Study<Setup>,
  cells: readonly Cell[],
  onDone: (cell: Cell, result: Result) => void,
): Promise<Results<Cell, Result>> => {
  const results = openResults<Cell, Result>(file, subject);
  const missing = cells.filter((cell) => results.get(cell) === undefined);
  const started: Worker[] = [];
  let next = 0;

  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(workerFile, { workerData: { module: module.href, setup } satisfies WorkerSetup });
      started.push(worker);
      const tell = (order: Order<Cell>): void => worker.postMessage(order);
      let current: Cell | undefined;
      worker.on("error", reject);
      worker.on("message", (answer: Answer<Result>) => {
        if (answer.kind === "failed") return reject(new Error(answer.message));
        if (answer.kind === "done") {
          results.add(current!, answer.result);
          onDone(current!, answer.result);
        }
        current = missing[next++];
        if (current === undefined) return resolve();
        tell({ kind: "do", cell: current });
      });
    });

  try {
    await Promise.all(Array.from({ length: Math.min(workers, missing.length) }, work));
    return results;
  } finally {
    await Promise.all(
      started.map(async (worker) => {
        const ended = once(worker, "exit");
        worker.postMessage({ kind: "stop" } satisfies Order<Cell>);
        await ended;
      }),
    );
  }
};
