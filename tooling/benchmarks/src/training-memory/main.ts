/**
 * `npm run bench:training-memory`: measures the peak memory of learning an adapter beside weights in 4 bits, with the values of one layer
 * in memory at a time, and its growth with the number of layers. `--kept` also measures a run that keeps the values of all layers; `--json`
 * prints the bars and nothing else. The models are random Llamas: one of 134M parameters in 12 layers, one of twice as many layers.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { barOf, renderBar, type Bar } from "../measuring/bar.ts";
import { randomLlama } from "../models/random-llama.ts";

const seqLen = 2048;

const { values } = parseArgs({
  options: { kept: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});

type Run = {
  readonly loaded: number;
  readonly peakBytes: number;
  readonly seconds: number;
  readonly losses: readonly number[];
};

const run = async (layers: number, layerValues: "kept" | "anew"): Promise<Run> => {
  const script = fileURLToPath(new URL("measured-training.ts", import.meta.url));
  const args = ["--conditions=@ropewalk/source", script, await randomLlama(layers), `${seqLen}`, layerValues];
  const done = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Run;
  if (!values.json)
    console.log(
      `${layers} layers, ${layerValues}: ${(done.peakBytes / 1e9).toFixed(2)} GB, of which loaded ${(done.loaded / 1e9).toFixed(2)} GB; ` +
        `${done.seconds.toFixed(1)} s a step; losses ${done.losses.map((loss) => loss.toFixed(4)).join(" ")}`,
    );
  return done;
};

const once = await run(12, "anew");
const twice = await run(24, "anew");
const kept = values.kept ? await run(12, "kept") : undefined;
if (kept && kept.losses.some((loss, at) => Math.abs(loss - once.losses[at]!) > 1e-3))
  throw new Error(`training-memory: both ways must give the same losses, got ${kept.losses} and ${once.losses}`);

const bars: readonly Bar[] = [
  barOf(
    {
      name: `peak memory of an adapter over 134M weights in 4 bits, ${seqLen} tokens`,
      value: once.peakBytes / 1e9,
      unit: "GB",
    },
    "at most",
    3,
  ),
  barOf({ name: "peak memory, 24 layers over 12", value: twice.peakBytes / once.peakBytes }, "at most", 1.3),
];
if (values.json) console.log(JSON.stringify(bars));
else for (const bar of bars) console.log(renderBar(bar));
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
