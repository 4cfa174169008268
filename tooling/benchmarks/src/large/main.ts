/**
 * `npm run bench:large`: loads a random 1.1B Llama from sharded bfloat16, rounded to 4 bits, and from a converted folder, and holds
 * seconds and peak memory to their bars. `--folder` keeps the checkpoints, `--json` prints the bars and nothing else.
 */
import { loadCheckpoint, convertCheckpoint } from "@ropewalk/models";
import { openFolder, writeFolder } from "@ropewalk/models/node";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { barOf, renderBar, type Bar } from "../measuring/bar.ts";

const { values } = parseArgs({ options: { folder: { type: "string" }, json: { type: "boolean", default: false } } });
const home = values.folder ?? mkdtempSync(join(tmpdir(), "ropewalk-large-"));
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

const script = (name: string, ...args: readonly string[]): string =>
  execFileSync(
    process.execPath,
    ["--conditions=@ropewalk/source", fileURLToPath(new URL(name, import.meta.url)), ...args],
    { encoding: "utf8" },
  );

type Run = {
  readonly started: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly tokens: readonly number[];
};

const run = (folder: string, quantize: string): Run =>
  JSON.parse(script("measured-generation.ts", folder, quantize, "2048", "16")) as Run;

const [stored, converted] = [join(home, "bfloat16"), join(home, "q4")];
if (!existsSync(join(stored, "config.json"))) say(script("../models/random-checkpoint.ts", "--output", stored).trim());
const atLoad = run(stored, "q4");
if (!existsSync(join(converted, "config.json")))
  await writeFolder(converted, await convertCheckpoint(await loadCheckpoint(await openFolder(stored)), "q4"));
const fromFolder = run(converted, "stored");
if (values.folder === undefined) rmSync(home, { recursive: true });
if (atLoad.tokens.join() !== fromFolder.tokens.join())
  throw new Error(`large: both ways must give the same tokens, got ${atLoad.tokens} and ${fromFolder.tokens}`);

const gigabytes = (name: string, bytes: number): Bar =>
  barOf({ name: `peak memory, ${name}`, value: bytes / 1e9, unit: "GB" }, "at most", 3);
const bars: readonly Bar[] = [
  gigabytes("rounded at load", atLoad.peakBytes),
  gigabytes("from the converted folder", fromFolder.peakBytes),
  barOf({ name: "start from the converted folder", value: fromFolder.started, unit: "s" }, "at most", 5),
];

if (values.json) console.log(JSON.stringify(bars));
else {
  say(`16 tokens after 2,048: ${atLoad.tokens.join(" ")}`);
  say(`rounding and loading took ${atLoad.started.toFixed(0)} s, everything ${atLoad.seconds.toFixed(0)} s`);
  for (const bar of bars) say(renderBar(bar));
}
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
