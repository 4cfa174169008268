/** Cells in a queue. Each is a job named by the cell's hash, so that a cell is never queued twice. */
import type { BackendName, SharedOptions } from "../flags/shared.ts";
import type { AskedCell, PlannedCell } from "../sweep/plan/planned-cells.ts";

/** One queue for all sweeps and workers. */
export const queueName = "ropewalk-cells";

/** The data from which a worker on another machine plans the cell itself. */
export type QueuedCell = AskedCell & {
  readonly hash: string;
  readonly identity: PlannedCell["identity"];
  readonly backend: BackendName;
  readonly precision?: SharedOptions["precision"];
};

export const queuedCell = (
  { model, method, evaluation, hash, identity }: PlannedCell,
  { backend, precision }: SharedOptions,
): QueuedCell => ({
  model,
  method,
  evaluation,
  hash,
  identity,
  backend,
  ...(precision === undefined ? {} : { precision }),
});

/** Attempts at a cell. */
export const tries = 3;

/** How often a cell may lose its worker, so that a cell that kills its worker is not tried for ever. */
export const mostStalls = 3;
