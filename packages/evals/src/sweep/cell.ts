/**
 * A cell of a sweep: one model under one method in one evaluation. Its hash is over everything that changes its result, and nothing else:
 *
 *   hash = SHA-256(version, model, method, run, kind, params, files)
 */
import { canonical, hashOf, type JsonObject } from "@ropewalk/models";

/** The version of records and of cell hashes. */
export const sweepVersion = 1;

/** Everything that decides a cell's result. */
export type CellIdentity = {
  /** The model's fingerprint: of its files' contents. */
  readonly model: string;
  /** The extension as data, every number of it. */
  readonly method: JsonObject;
  /** The conditions of a run that change its numbers: the backend, precisions. */
  readonly run: JsonObject;
  readonly kind: string;
  readonly params: object;
  /** SHA-256 of every file that the parameters name, in their order. */
  readonly files: readonly string[];
};

export const cellHash = (identity: CellIdentity): Promise<string> => hashOf({ version: sweepVersion, ...identity });

/** The parts in which two identities differ. */
export const differences = (a: CellIdentity, b: CellIdentity): readonly string[] =>
  (["model", "method", "run", "kind", "params", "files"] as const).filter(
    (key) => canonical({ value: a[key] }) !== canonical({ value: b[key] }),
  );

/** The hash of a whole sweep: that of its cells' hashes, in any order. */
export const sweepHash = (hashes: readonly string[]): Promise<string> =>
  hashOf({ version: sweepVersion, cells: [...new Set(hashes)].sort() });
