/**
 * `npm run bench`: measures the limits of the machine, then every bar. It fails when a bar is not met. `--quick` takes few rounds,
 * `--threads` sets the number of threads (2), `--json` prints `{ machine, bars }` and nothing else.
 */
import { parseArgs } from "node:util";
import { cpu } from "@ropewalk/backend-node";
import { renderBar, type Bar } from "./measuring/bar.ts";
import { chunkedCost } from "./costs/chunked-cost.ts";
import { decodeCost } from "./costs/decode-cost.ts";
import { guessing } from "./costs/guess-and-check.ts";
import { keyValueBytes } from "./costs/key-value-bytes.ts";
import { layerCost } from "./costs/layer-cost.ts";
import { measureMachine } from "./measuring/machine-limits.ts";
import { prefillCost } from "./costs/prefill-cost.ts";
import { secondQuestion } from "./costs/prefix-reuse-cost.ts";
import { usualFormCost } from "./costs/usual-form-cost.ts";
import { loadModels } from "./models/plain-and-extended.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

const bars: Bar[] = [];
const add = (found: readonly Bar[]): void => {
  bars.push(...found);
  for (const bar of found) say(renderBar(bar));
};

const backend = cpu({ threads: Number(values.threads) });
const machine = await measureMachine(backend);
say(
  `${values.threads} threads read ${(machine.bandwidth / 1e9).toFixed(1)} GB/s at most, ` +
    `and multiply ${(machine.rate / 1e9).toFixed(0)} GFLOP/s`,
);
const models = await loadModels(backend);
add([keyValueBytes(models)]);
add(await decodeCost(models, values));
add(await prefillCost(models, values));
add(await usualFormCost(models, values));
add(await secondQuestion(models, values));
await models.plain.release();
add(await layerCost(backend, values));
add(await chunkedCost(backend, values));
add(await guessing(backend, values));

if (values.json) console.log(JSON.stringify({ machine, bars }));
process.exitCode = bars.every(({ pass }) => pass) ? 0 : 1;
