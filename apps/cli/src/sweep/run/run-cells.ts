/** Runs cells that are not done yet, and keeps each as it is finished. */
import type { CellRecord } from "@ropewalk/evals";
import type { OnProgress } from "../../pool/pool.ts";
import type { JobResult } from "../../pool/jobs.ts";
import { oneLine } from "../../terminal/messages.ts";
import { paramText } from "../plan/param-text.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

export type Failure = { readonly cell: PlannedCell; readonly message: string };

export const cellWords = ({ model, method, evaluation: { kind, params } }: PlannedCell): string => {
  const shown = Object.entries(params).map(([key, value]) => `${key} ${paramText(value)}`);
  return `${model.label}, ${method.label}, ${kind} (${shown.join(", ")})`;
};

const recordOf = (cell: PlannedCell, { result, positions, numbers, beyondCapacity }: JobResult): CellRecord => ({
  record: "cell",
  hash: cell.hash,
  model: cell.model.label,
  method: cell.method.label,
  kind: cell.evaluation.kind,
  params: cell.evaluation.params,
  positions,
  ...numbers,
  beyondCapacity,
  result,
});

export type Running = {
  /** One cell, wherever it runs. */
  readonly run: (cell: PlannedCell, onProgress: OnProgress) => Promise<JobResult>;
  readonly keep: (record: CellRecord) => Promise<void>;
  /** What all take together, in tokens, and what is done of it. */
  readonly onProgress: (done: number, cell: PlannedCell) => void;
  /** What ends all of it: a key, or a results file that cannot be written. */
  readonly stop: (reason: Error) => void;
};

/**
 * Runs all of them, as many at once as whatever runs them takes. One that fails keeps no other from running.
 *
 * @returns those that failed
 * @throws Error when a cell cannot be kept
 */
export const runCells = async (
  cells: readonly PlannedCell[],
  { run, keep, onProgress, stop }: Running,
): Promise<readonly Failure[]> => {
  const failures: Failure[] = [];
  let done = 0;
  const shares = new Map<PlannedCell, number>();
  const tell = (cell: PlannedCell): void =>
    onProgress(done + [...shares].reduce((sum, [{ tokens }, share]) => sum + share * tokens, 0), cell);
  // Long ones first: the last one to finish is then a short one.
  const order = cells.toSorted((a, b) => b.tokens - a.tokens);
  await Promise.all(
    order.map(async (cell) => {
      const result = await run(cell, (of, total) => {
        shares.set(cell, total > 0 ? of / total : 0);
        tell(cell);
      }).catch((error: Error) => void failures.push({ cell, message: oneLine(error.message) }));
      shares.delete(cell);
      done += cell.tokens;
      if (result !== undefined)
        await keep(recordOf(cell, result)).catch((error: Error) => {
          stop(error);
          throw error;
        });
      tell(cell);
    }),
  );
  return failures;
};
