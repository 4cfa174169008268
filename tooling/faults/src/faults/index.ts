/** Every fault, a row each. */
import type { Fault } from "../fault.ts";
import { changedFiles } from "./changed-files.ts";
import { deadWorkers } from "./dead-workers.ts";
import { fullDisks } from "./full-disks.ts";
import { killings } from "./kills.ts";
import { races } from "./two-writers.ts";

export const faults: readonly Fault[] = [deadWorkers, changedFiles, ...races, ...fullDisks, ...killings];
