/**
 * `npm run bench:long`: a prompt of 131,072 tokens on the random Llama of 134M parameters in 4 bits, under SelfExtend with the cache in 8 bits,
 * in chunks of 512. At each doubling of the length from 8,192 on it prints memory and times; then it holds these to their bars:
 *
 *   memory            the most of the process is at most 6 GB
 *   a step            grows no faster than the keys and values that it reads
 *   a chunk           the last lies on the line through those of the first half: nothing but attention grows with the length, nor that faster
 *
 * Times are processor times. `--filled` puts noise in place of most keys and values, which takes minutes instead of hours and costs a chunk and a
 * step the same. `--length`, `--threads`, `--json`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { renderBar } from "../measuring/bar.ts";
import { roundedLlama } from "../models/random-llama.ts";
import { barsOf, renderLength } from "./bars.ts";
import type { LongLine } from "./lines.ts";

const { values } = parseArgs({
  options: {
    length: { type: "string", default: "131072" },
    threads: { type: "string", default: "2" },
    filled: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const folder = await roundedLlama("q4");
const script = fileURLToPath(new URL("measured-run.ts", import.meta.url));
const run = spawn(
  process.execPath,
  ["--conditions=@ropewalk/source", script, folder, values.length, values.threads, values.filled ? "filled" : "read"],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const ended = new Promise<number | null>((resolve) => run.once("close", resolve));
const lines: LongLine[] = [];
for await (const text of createInterface(run.stdout)) {
  const line = JSON.parse(text) as LongLine;
  lines.push(line);
  if (line.kind === "length" && !values.json) console.log(renderLength(lines, line));
}
const code = await ended;
if (code !== 0) throw new Error(`long: the run must come to its end, got code ${code}`);

const bars = barsOf(lines);
if (values.json) console.log(JSON.stringify(bars));
else for (const bar of bars) console.log(renderBar(bar));
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
