/** Who keeps the cache of a rewritten model. */
import { refuse } from "../errors.ts";

export const runtimes = ["portable", "ropewalk"] as const;

export type Runtime = (typeof runtimes)[number];

export const refuseRuntime = (unknown: unknown): never =>
  refuse(`runtime must be one of ${runtimes.join(", ")}, got ${JSON.stringify(unknown)}`);
