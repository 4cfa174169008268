/** Runs unfinished cells, and saves each as soon as it is finished. */
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
  /** Runs one cell, here or elsewhere. */
  readonly run: (cell: PlannedCell, onProgress: OnProgress) => Promise<JobResult>;
  readonly keep: (record: CellRecord) => Promise<void>;
  /** Called with the tokens that are done of all cells. */
  readonly onProgress: (done: number, cell: PlannedCell) => void;
  /** Ends all cells, after Ctrl-C or when the results file cannot be written. */
  readonly stop: (reason: Error) => void;
};

/**
 * Runs all cells. A cell that fails does not stop the others.
 *
 * @returns the cells that failed
 * @throws Error when a result cannot be saved
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
  // Long jobs first, so that the last job to finish is a short one.
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
