/** `npm run faults`: faults that are made to happen, each in a process of its own, held to their bars. */
import { runTrials } from "@ropewalk/testing/trials";
import { faults } from "./faults/index.ts";

await runTrials({ command: "faults", script: import.meta.url }, faults);
