/** Cells in a queue: a job each, named by the cell's hash, so that one that is there is not put there again. */
import type { BackendName, SharedOptions } from "../flags/shared.ts";
import type { AskedCell, PlannedCell } from "../sweep/plan/planned-cells.ts";

/** Of every sweep and worker: a cell is a cell, whoever asks for it. */
export const queueName = "ropewalk-cells";

/** What a worker on another machine needs to plan the cell itself. */
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

/** How often a cell is tried. */
export const tries = 3;

/** How often a cell may lose its worker: one that ends its worker each time must not go on for ever. */
export const mostStalls = 3;
