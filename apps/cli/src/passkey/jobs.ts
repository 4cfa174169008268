/** The work of a passkey run, cut into cells that workers take one by one. */
import type { PasskeyCell } from "@ropewalk/evals";
import type { GroupsAndWindow } from "../describe.ts";
import type { ExtensionOptions } from "../extension-options.ts";
import type { SharedOptions } from "../options.ts";

/** Flags that take the place of those that were given. */
export type Variant = Partial<ExtensionOptions>;

/** One cell of one method. */
export type Job = {
  /** The method's, as the grid has it. */
  readonly name: string;
  readonly variant: Variant;
  readonly length: number;
  readonly depth: number;
  readonly trials: number;
  readonly seed: number;
};

/** What a worker is started with. */
export type WorkerSetup = {
  readonly model: string;
  /** The folder of its rounded weights, where they are rounded: once, for all workers. */
  readonly rounded?: string;
  /** Keys a text; absent: one, without a name. */
  readonly keys?: number;
  readonly options: Omit<SharedOptions, "quantize" | "modules">;
  /** Paths of the modules that `--method` named: functions are not handed to a worker, which loads them itself. */
  readonly modules?: readonly string[];
};

export type JobResult = {
  readonly cell: PasskeyCell;
  /** What the method came to at this length: in words, and G and W. */
  readonly positions: string;
  readonly numbers: GroupsAndWindow;
  readonly beyondCapacity: boolean;
};

/** What a worker is told. A worker is never ended from outside: its runtime does not survive that. */
export type WorkerOrder = { readonly kind: "run"; readonly job: Job } | { readonly kind: "stop" };

/** What a worker says. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "trial"; readonly length: number }
  | { readonly kind: "done"; readonly result: JobResult }
  | { readonly kind: "failed"; readonly message: string };
