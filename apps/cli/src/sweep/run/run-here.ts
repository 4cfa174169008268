/** Runs cells on this machine, on workers side by side. */
import { dirname } from "node:path";
import type { SharedOptions } from "../../flags/shared.ts";
import { openPool } from "../../pool/pool.ts";
import type { CellRun } from "./cell-runner.ts";
import { workersFor } from "./memory-limit.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";
import { rounder } from "./round-weights-once.ts";

export const localRun = async ({
  cells,
  options,
  file,
  ...machine
}: {
  readonly cells: readonly PlannedCell[];
  readonly options: SharedOptions & { readonly workers?: number };
  /** The sweep's file. Relative names begin in its folder. */
  readonly file: string;
  readonly had: number;
  readonly cores: number;
  readonly signal: AbortSignal;
}): Promise<CellRun> => {
  const { workers: asked, threads: stated, ...rest } = options;
  const workers = workersFor(cells, { asked, ...machine });
  const threads = stated ?? (workers > 1 ? 1 : undefined);
  const shared: SharedOptions = { ...rest, ...(threads === undefined ? {} : { threads }) };
  const pool = openPool({ options: shared, folder: dirname(file) }, workers);
  const { round, remove } = rounder(shared, machine.signal);
  const stop = (reason: Error): void => void pool.close(reason);
  machine.signal.addEventListener("abort", () => stop(machine.signal.reason as Error), { once: true });
  return {
    run: async ({ job }, onProgress) => pool.run(await round(job), onProgress),
    stop,
    close: async () => {
      await pool.close();
      await remove();
    },
  };
};
