/**
 * `npm run fuzz`: broken inputs at every door. Each must be taken in or refused by an error that names a function, within a second of
 * processor time and 200 MB, and nothing may be written outside the folder that was asked for.
 *
 *     npm run fuzz -- --inputs 2000 --door configs     one door, with other than 1,600 inputs
 *     npm run fuzz -- --door configs --input 731       one input again
 */
import { parseArgs } from "node:util";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doors } from "./doors/index.ts";
import type { DoorReport } from "./run-door.ts";
import { runInProcess } from "./run-in-process.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1600" },
    from: { type: "string", default: "0" },
    door: { type: "string" },
    input: { type: "string" },
  },
});
const names = doors.map(({ name }) => name).filter((name) => values.door === undefined || name === values.door);
if (names.length === 0) throw new RangeError(`fuzz: --door must be one of the doors, got ${values.door}`);
const from = Number(values.input ?? values.from);
const to = values.input === undefined ? from + Number(values.inputs) : from + 1;
if (!(Number.isInteger(from) && Number.isInteger(to) && to > from))
  throw new RangeError(`fuzz: --inputs, --from and --input must be whole numbers, got ${from} to ${to}`);

const scratch = mkdtempSync(join(tmpdir(), "ropewalk-fuzz-"));
const reports: DoorReport[] = [];
const started = performance.now();
console.log(
  `${"door".padEnd(22)} ${"inputs".padStart(7)} ${"taken".padStart(6)} ${"s".padStart(6)} ${"MB".padStart(5)} faults`,
);
for (const name of names) {
  const report = await runInProcess(name, { from, to, scratch: join(scratch, "door") });
  reports.push(report);
  const { inputs, taken, slowest, largest, faults } = report;
  console.log(
    `${name.padEnd(22)} ${String(inputs).padStart(7)} ${String(taken).padStart(6)} ${slowest.toFixed(2).padStart(6)} ` +
      `${(largest / 1e6).toFixed(0).padStart(5)} ${faults.length}`,
  );
  for (const { input, what } of faults) console.log(`  ${name}, input ${input}: ${what}`);
}
rmSync(scratch, { recursive: true });
const sum = (of: (report: DoorReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
const faults = sum((report) => report.faults.length);
console.log(
  `${sum(({ inputs }) => inputs)} inputs at ${names.length} doors in ${((performance.now() - started) / 1000).toFixed(0)} s: ${faults} faults`,
);
if (faults > 0) process.exitCode = 1;
