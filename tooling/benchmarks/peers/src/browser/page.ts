/** What a page offers to the program that opened it. */
import type { CachePrecision } from "@ropewalk/decoder";
import type { Engine } from "../workload.ts";

export type PageOptions = {
  /** The address that the model's folder is served at, without a slash at its end. */
  readonly model: string;
  readonly threads: number;
  /** Ropewalk's. */
  readonly cache: CachePrecision;
};

export type PageGlobals = {
  /** Loads the model; after it `run` is there. */
  readonly load: (options: PageOptions) => Promise<void>;
  readonly run: Engine;
};

export const offer = (load: (options: PageOptions) => Promise<Engine>): void =>
  void Object.assign(globalThis, {
    load: async (options: PageOptions) => void Object.assign(globalThis, { run: await load(options) }),
  });
