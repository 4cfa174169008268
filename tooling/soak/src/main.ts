/**
 * `npm run soak`: long runs, each in a process of its own, held to their bars. Bars on memory hold of a whole run, not of a share of it
 * (`--scale`).
 */
import { runTrials } from "@ropewalk/testing/trials";
import { soaks } from "./soaks/index.ts";

/** The engine gives young objects more room as a program goes on: up to 130 MB, which are no leak. Here it has the same room from the start. */
const youngObjects = ["--min-semi-space-size=8", "--max-semi-space-size=8"];

await runTrials({ command: "soak", script: import.meta.url, nodeArgs: ["--expose-gc", ...youngObjects] }, soaks);
