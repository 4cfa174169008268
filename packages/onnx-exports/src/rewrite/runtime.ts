/** Who keeps the cache of a rewritten model. */
import { refuse } from "../errors.ts";

export const runtimes = ["portable", "ropewalk"] as const;

export type Runtime = (typeof runtimes)[number];

/**
 * What the runtime's row gives.
 *
 * @throws RangeError when the runtime is not known
 */
export const byRuntime = <Result>(runtime: Runtime, rows: Readonly<Record<Runtime, () => Result>>): Result =>
  (runtimes as readonly unknown[]).includes(runtime)
    ? rows[runtime]()
    : refuse(`runtime must be one of ${runtimes.join(", ")}, got ${JSON.stringify(runtime)}`);
