/** An engine in a process of its own: it loads its model, says so, and runs a workload whenever it is asked. */
import type { CachePrecision } from "@ropewalk/decoder";
import { peakBytes } from "../../src/measuring/peak-memory.ts";
import type { Engine, Run, Workload } from "./workload.ts";

export type EngineOptions = { readonly model: string; readonly threads: number; readonly cache: CachePrecision };

export type Reply =
  | { readonly kind: "ready" }
  | { readonly kind: "ran"; readonly run: Run; readonly peakBytes: number }
  | { readonly kind: "failed"; readonly message: string };

/** Serves the process that started this one, with the options that it was started with. */
export const serve = async (load: (options: EngineOptions) => Promise<Engine>): Promise<void> => {
  const reply = (message: Reply): void => void process.send!(message);
  const failed = (error: unknown): void =>
    reply({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.on("disconnect", () => process.exit());
  try {
    const engine = await load(JSON.parse(process.argv[2]!) as EngineOptions);
    process.on("message", (workload: Workload) => {
      engine(workload).then((run) => reply({ kind: "ran", run, peakBytes: peakBytes() }), failed);
    });
    reply({ kind: "ready" });
  } catch (error) {
    failed(error);
  }
};
