/** Jobs of workers: each is an evaluation of a model under a method. */
import type { GroupsAndWindow } from "../describe/extension-in-words.ts";
import type { SharedOptions } from "../flags/shared.ts";

/** Options that replace the given ones for one job. */
export type Variant = Partial<Omit<SharedOptions, "modules">>;

export type Job = {
  readonly model: string;
  /** The folder of rounded weights, which all workers share; absent when weights are not rounded. */
  readonly rounded?: string;
  readonly variant: Variant;
  /** The paths of the method's modules. A worker loads them itself, since functions cannot be sent to it. */
  readonly modules?: readonly string[];
  /** The name of a row in the table of evaluations. */
  readonly kind: string;
  /** Checked by the kind's `check`. */
  readonly params: object;
};

/** The data that a worker starts with. */
export type WorkerSetup = {
  readonly options: Omit<SharedOptions, "quantize" | "modules">;
  /** The folder that relative names in parameters begin in. Absent: the working folder. */
  readonly folder?: string;
  /** Texts that are no files, such as standard input, by the names that stand in parameters. */
  readonly texts?: Readonly<Record<string, string>>;
};

export type JobResult = {
  /** In the form of the kind. */
  readonly result: object;
  /** The method at this length: in words, and its G and W. */
  readonly positions: string;
  readonly numbers: GroupsAndWindow;
  readonly beyondCapacity: boolean;
};

/** An order to a worker. A worker is never terminated, since the runtime does not survive that. */
export type WorkerOrder = { readonly kind: "run"; readonly job: Job } | { readonly kind: "stop" };

/** A message from a worker. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "done"; readonly result: JobResult }
  | { readonly kind: "failed"; readonly message: string };
