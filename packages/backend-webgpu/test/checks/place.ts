/** Where a check runs: in a process of Node, or in a page. Checks are the same in both, and run by name. */
import type { Backend } from "@ropewalk/backend";
import type { CheckpointFolder } from "@ropewalk/models";
import type { WebGpuOptions } from "../../src/options.ts";

export type Place = {
  readonly webgpu: (options?: WebGpuOptions) => Backend;
  /** One for all checks that need none of their own: its kernels are compiled once. */
  readonly backend: Backend;
  /** Bytes of each run's outputs that this one has brought back. */
  readonly reads: readonly number[];
  /** A model's folder, from the repository's root. */
  readonly model: (path: string) => Promise<CheckpointFolder>;
  /** A path where a file may be written. */
  readonly file: (name: string) => string;
  /** A JSON file, from the repository's root. */
  readonly json: (path: string) => Promise<unknown>;
};

export type Check = {
  readonly name: string;
  /** Left to Node: quarters of a minute on the software driver of a browser, for what other checks hold there too. */
  readonly slow?: boolean;
  /** @throws Error that says what is wrong */
  readonly run: (place: Place) => Promise<void>;
};

export const expectThat = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

/** @throws Error when nothing is thrown or the message is not of this form */
export const expectError = async (run: () => Promise<unknown>, form: RegExp): Promise<void> => {
  const message = await run().then(
    () => "nothing",
    (error: Error) => error.message,
  );
  expectThat(form.test(message), `the error must be ${form}, got ${message}`);
};
