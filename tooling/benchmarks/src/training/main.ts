/**
 * `npm run bench:training`: times forward and backward of one step, beside the same model in jax-js. It fails when a bar is not met.
 * `--models`, `--contexts`, `--rounds` and `--threads` (2) choose what is run, `--quick` takes few rounds, `--json` prints
 * `{ machine, steps, bars }` and nothing else.
 */
import { parseArgs } from "node:util";
import { loadavg } from "node:os";
import { cpu } from "@ropewalk/backend-node";
import { barOf, renderBar, type Bar } from "../measuring/bar.ts";
import { measureMachine } from "../measuring/machine-limits.ts";
import { median } from "../measuring/compare-times.ts";
import { compareEngines, fastest, speedup, type Compared } from "./compare.ts";
import { engineNames } from "./engines.ts";
import { modelNames } from "./timed-models.ts";

const { values } = parseArgs({
  options: {
    models: { type: "string", default: modelNames.join() },
    contexts: { type: "string" },
    rounds: { type: "string" },
    threads: { type: "string", default: "2" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const positive = (flag: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${flag} must be a positive integer, got ${text}`);
  return value;
};
const models = values.models.split(",").map((word) => {
  const found = modelNames.find((name) => name === word);
  if (found === undefined) throw new RangeError(`--models must be of ${modelNames.join(", ")}, got ${word}`);
  return found;
});
const contexts = (values.contexts ?? (values.quick ? "256" : "256,512,1024"))
  .split(",")
  .map((text) => positive("contexts", text));
const rounds = positive("rounds", values.rounds ?? (values.quick ? "3" : "7"));
const threads = positive("threads", values.threads);
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

const milliseconds = (times: readonly number[]): string => `${median(times).toFixed(1)} ms`;

/** The fastest engine of each side. */
const barFor = ({ model, seqLen, times }: Compared): Bar => {
  const [jax, own] = [fastest(times, "jax-js"), fastest(times, "ropewalk cpu")];
  const name = `${model}, ${seqLen} tokens, ${own} times as fast as ${jax}`;
  const from = `${milliseconds(times[jax])} to ${milliseconds(times[own])}`;
  return barOf({ name, value: speedup(times, jax, own), from }, "at least", 4);
};

const machine = await measureMachine(cpu({ threads }));
say(
  `${threads} threads read ${(machine.bandwidth / 1e9).toFixed(1)} GB/s at most, and multiply ` +
    `${(machine.rate / 1e9).toFixed(0)} GFLOP/s; load before the run ${loadavg()[0]!.toFixed(1)}`,
);
const steps: Compared[] = [];
const bars: Bar[] = [];
for (const model of models)
  for (const seqLen of contexts) {
    const compared = await compareEngines({ model, seqLen, threads }, { rounds, warmups: 2 });
    const bar = barFor(compared);
    steps.push(compared);
    bars.push(bar);
    say(`\n${model}, ${seqLen} tokens: loss ${compared.loss.toFixed(5)}, within ${compared.apart.toExponential(0)}`);
    for (const name of engineNames) {
      const [time, processor] = [compared.times[name], compared.processorTimes[name]].map(milliseconds);
      say(`  ${name.padEnd(22)} ${time!.padStart(10)}   ${processor!.padStart(10)} of all threads`);
    }
    const wasm = speedup(compared.times, "jax-js wasm", "ropewalk wasm");
    say(`${renderBar(bar)}\n      ${wasm.toFixed(3)}  both in WebAssembly, one thread each`);
  }

if (values.json) console.log(JSON.stringify({ machine, steps, bars }));
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
