/**
 * `npm run study:tuning -- --text <file>`: what tuning for a window four times longer does to stories260K, method by method.
 */
import { parseArgs } from "node:util";
import { availableParallelism } from "node:os";
import { join, dirname } from "node:path";
import { stories260K } from "@ropewalk/tiny-models";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import { nameOf, referenceCells, tableCells, type TuningCell, type TuningResult } from "./cells.ts";
import type { TuningSetup } from "./work.ts";

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    separator: { type: "string", default: "<|endoftext|>" },
    results: { type: "string", default: "studies/tuning.jsonl" },
    workers: { type: "string", default: `${availableParallelism()}` },
    batch: { type: "string", default: "2" },
    "held-out": { type: "string", default: "16" },
    only: { type: "string" },
  },
});
const config = { batchSize: Number(values.batch), heldOut: Number(values["held-out"]) };
const parts = { reference: referenceCells, table: tableCells(config) };
const cells =
  values.only === undefined ? [...parts.reference, ...parts.table] : parts[values.only as keyof typeof parts];

const setup: TuningSetup = {
  ...{ text: values.text!, separator: values.separator },
  models: join(dirname(values.results), "models"),
};
const study = {
  ...{ module: new URL("work.ts", import.meta.url), setup },
  ...{ workers: Number(values.workers), results: values.results },
  subject: {
    ...{ model: "stories260K", weights: await fingerprint(new URL("model.safetensors", stories260K.url)) },
    text: await fingerprint(values.text!),
  },
};
await runCells<TuningSetup, TuningCell, TuningResult>(study, cells, (cell, { losses, seconds }) =>
  console.error(`${nameOf(cell)}: ${losses.map((loss) => loss.toFixed(3)).join(" ")} (${seconds} s)`),
);
