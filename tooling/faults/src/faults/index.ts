/** Every fault, a row each. */
import type { Trial } from "@ropewalk/testing/trials";
import { changedFiles } from "./changed-files.ts";
import { deadWorkers, terminatedInRuns } from "./dead-workers.ts";
import { fullDisks } from "./full-disks.ts";
import { killings } from "./kills.ts";
import { races } from "./two-writers.ts";

export const faults: readonly Trial[] = [
  deadWorkers,
  terminatedInRuns,
  changedFiles,
  ...races,
  ...fullDisks,
  ...killings,
];
