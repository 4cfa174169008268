import type { JobResult } from "../../pool/jobs.ts";
import type { OnProgress } from "../../pool/pool.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

/** Runs cells on this machine, or on other machines over a queue. */
export type CellRun = {
  readonly run: (cell: PlannedCell, onProgress: OnProgress) => Promise<JobResult>;
  /** Rejects every unfinished cell with the reason. */
  readonly stop: (reason: Error) => void;
  readonly close: () => Promise<void>;
};
