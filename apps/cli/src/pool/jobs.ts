/** Work that workers take one by one: an evaluation of a model under a method. */
import type { GroupsAndWindow } from "../describe/extension-in-words.ts";
import type { SharedOptions } from "../flags/shared.ts";

/** Flags that take the place of those that were given. */
export type Variant = Partial<Omit<SharedOptions, "modules">>;

export type Job = {
  readonly model: string;
  /** The folder of its rounded weights, where they are rounded: once, for all workers. */
  readonly rounded?: string;
  readonly variant: Variant;
  /** Modules of the method, by their paths: functions are not handed to a worker, which loads them itself. */
  readonly modules?: readonly string[];
  /** Of the table of evaluations. */
  readonly kind: string;
  /** As the kind's check gave them. */
  readonly params: object;
};

/** What a worker is started with. */
export type WorkerSetup = {
  readonly options: Omit<SharedOptions, "quantize" | "modules">;
  /** Where relative names in parameters begin. Absent: the working folder. */
  readonly folder?: string;
  /** Texts that are no files, such as standard input, by the names that parameters have for them. */
  readonly texts?: Readonly<Record<string, string>>;
};

export type JobResult = {
  /** As the kind has it. */
  readonly result: object;
  /** What the method came to at this length: in words, and G and W. */
  readonly positions: string;
  readonly numbers: GroupsAndWindow;
  readonly beyondCapacity: boolean;
};

/** What a worker is told. A worker is never ended from outside: its runtime does not survive that. */
export type WorkerOrder = { readonly kind: "run"; readonly job: Job } | { readonly kind: "stop" };

/** What a worker says. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly done: number; readonly total: number }
  | { readonly kind: "done"; readonly result: JobResult }
  | { readonly kind: "failed"; readonly message: string };
