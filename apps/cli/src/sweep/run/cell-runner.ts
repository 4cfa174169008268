import type { JobResult } from "../../pool/jobs.ts";
import type { OnProgress } from "../../pool/pool.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

/** Where cells run: here, or elsewhere by a queue. */
export type CellRun = {
  readonly run: (cell: PlannedCell, onProgress: OnProgress) => Promise<JobResult>;
  /** Every cell that is not done ends with the reason. */
  readonly stop: (reason: Error) => void;
  readonly close: () => Promise<void>;
};
