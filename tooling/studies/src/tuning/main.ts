/**
 * `npm run study:tuning -- --text <file>`: measures stories260K tuned for a window four times longer, for each method.
 *
 *   --text <file>       a .txt of stories
 *   --separator <text>  the text between two stories; absent: <|endoftext|>
 *   --results <file>    the file of results, which a later run continues; absent: studies/tuning.jsonl. Tuned models
 *                       are in models/ beside it, entropies in a file beside it
 *   --batch <n>         samples of a step in the table; absent: 1. Runs that are compared with the reference have 16
 *   --held-out <n>      held-out samples in the table; absent: 16. Runs that are compared with the reference have 50
 *   --only <part>       reference, table or entropy
 *   --steps <list>      runs only these numbers of steps of the table, and
 *   --samples <list>    only these numbers of samples. Runs of parts at the same time may share a file of results
 *   --workers <n>       workers of one thread each; absent: as many as there are cores
 *   --print             prints the results so far and runs nothing
 *   --svg <file>        the file of the curves; absent: they are not drawn
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { curves as drawCurves } from "@ropewalk/charts";
import { recipeNames } from "@ropewalk/finetune";
import { stories260K } from "@ropewalk/tiny-models";
import { nats } from "../render/table.ts";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import {
  entropyAfter,
  entropyBefore,
  entropySteps,
  goalCell,
  looked,
  methods,
  nameOf,
  referenceCells,
  sampleCounts,
  stepCounts,
  tableCell,
  tableCells,
  trainSamples,
  type TuningCell,
  type TuningResult,
} from "./cells.ts";
import type { EntropyCell, EntropyResult } from "./entropy.ts";
import {
  behindOf,
  entropyTable,
  passedAt,
  positionsTable,
  progressCurves,
  referenceTable,
  stepsTable,
} from "./report.ts";
import { modelsBeside } from "./models.ts";
import { shortNames } from "../short-names.ts";
import type { TuningSetup } from "./work.ts";

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    separator: { type: "string", default: "<|endoftext|>" },
    results: { type: "string", default: "studies/tuning.jsonl" },
    workers: { type: "string", default: `${availableParallelism()}` },
    batch: { type: "string", default: "1" },
    "held-out": { type: "string", default: "16" },
    only: { type: "string" },
    steps: { type: "string", default: stepCounts.join() },
    samples: { type: "string", default: sampleCounts.join() },
    print: { type: "boolean", default: false },
    svg: { type: "string" },
  },
});
if (values.text === undefined) throw new RangeError("study:tuning: --text must be a .txt of stories, got none");
const parts = ["reference", "table", "entropy"];
if (values.only !== undefined && !parts.includes(values.only))
  throw new RangeError(`study:tuning: --only must be one of ${parts.join(", ")}, got ${values.only}`);

const config = { batchSize: Number(values.batch), heldOut: Number(values["held-out"]) };
const isAsked = (part: string): boolean => !values.print && (values.only ?? part) === part;
const subject = {
  model: "stories260K",
  weights: await fingerprint(new URL("model.safetensors", stories260K.url)),
  text: await fingerprint(values.text),
};
const setup: TuningSetup = {
  text: values.text,
  separator: values.separator,
  models: modelsBeside(values.results, subject),
};
const study = (module: string, results: string) => ({
  module: new URL(module, import.meta.url),
  setup,
  subject,
  results,
  workers: Number(values.workers),
});

const [stepsAsked, samplesAsked] = [values.steps, values.samples].map((list) => list.split(",").map(Number));
const tableAsked = tableCells(config).filter(
  ({ steps, samples }) => steps === 0 || (stepsAsked!.includes(steps) && samplesAsked!.includes(samples)),
);
const cells = [...(isAsked("reference") ? referenceCells : []), ...(isAsked("table") ? tableAsked : [])];
const found = await runCells<TuningSetup, TuningCell, TuningResult>(
  study("work.ts", values.results),
  cells,
  (cell, { losses, seconds }) =>
    console.error(`${nameOf(cell)}${cell.apart ? ", apart" : ""}: ${losses.map(nats).join(" ")} (${seconds} s)`),
);
const tuned = methods.filter((method) => found.get(tableCell(config, method, trainSamples, entropySteps)));
const entropyCells = [...methods.map(entropyBefore), ...tuned.map((method) => entropyAfter(config, method))];
const entropies = await runCells<TuningSetup, EntropyCell, EntropyResult>(
  study("entropy.ts", values.results.replace(/(\.jsonl)?$/, ".entropy.jsonl")),
  isAsked("entropy") ? entropyCells : [],
  (cell) => console.error(`entropy of ${nameOf(cell)}`),
);

const say = (...lines: readonly string[]): void => console.log(`${lines.join("\n")}\n`);
say(
  "Held-out loss behind the trained window, beside the reference: 50 samples, batches of 16.",
  "",
  referenceTable(found),
);
say(
  `Held-out loss behind the trained window, by steps: ${config.heldOut} samples, batches of ${config.batchSize}.`,
  `below: the fewest steps below the plain model's loss on the same tokens inside its own window, ${nats(behindOf(found.get(goalCell(config.heldOut))))}`,
  "",
  stepsTable(found, config),
);
const goal = behindOf(found.get(goalCell(looked)));
const longRuns = recipeNames.map(
  (method) => [method, found.get(tableCell(config, method, trainSamples, 200))] as const,
);
if (goal !== undefined)
  say(
    `Runs of 200 steps on ${trainSamples} samples, looked at every 10: below ${nats(goal)} behind the window after`,
    longRuns.map(([method, result]) => `${method}: ${result ? passedAt(goal, result) : "-"}`).join(", "),
  );
const nameIn = ({ method, steps, batchSize, apart }: TuningCell): string =>
  `${shortNames[method]}${apart ? ", by 512" : ""}${steps === 0 ? "" : `, ${steps} of ${batchSize}`}`;
say(
  positionsTable(
    found,
    [...referenceCells, ...recipeNames.map((method) => tableCell(config, method, trainSamples, entropySteps))].map(
      (cell) => [nameIn(cell), cell] as const,
    ),
  ),
);
say(
  "Entropy of attention in nats, by layer and position, untuned:",
  "",
  entropyTable(
    "untuned",
    methods.map((method) => ({ method, result: entropies.get(entropyBefore(method)) })),
  ),
);
say(
  `The same after ${entropySteps} steps; plain is as it was:`,
  "",
  entropyTable(
    `${entropySteps} steps`,
    methods.map((method) => ({
      method,
      result: entropies.get(method === "plain" ? entropyBefore(method) : entropyAfter(config, method)),
    })),
  ),
);
if (values.svg !== undefined) {
  const curves = progressCurves(found, config);
  if (curves.length > 0)
    await writeFile(
      values.svg,
      drawCurves({
        title: "Held-out loss behind the trained window while it is tuned",
        across: "steps done",
        up: "mean loss at 512 to 2,048, in nats per token",
        curves,
        ticks: [0, 50, 100, 150, 200],
        ...(goal === undefined ? {} : { level: { y: goal, name: "plain, inside its window" } }),
      }),
    );
}
