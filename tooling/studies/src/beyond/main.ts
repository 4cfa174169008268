/**
 * `npm run study:beyond -- --text <file>`: stories260K tuned with Entropy-ABF to 2,048 tokens, and SelfExtend on top to 8,192.
 *
 *   --text, --separator, --workers   as for study:tuning
 *   --tuned <folder>   the tuned model; absent: the one that study:tuning keeps beside its results, of 40 steps of 16 samples
 *   --results <file>   the folder of results, which a later run continues; absent: studies/beyond.jsonl
 *   --windows <n>      windows of 8,192 tokens, of the held-out text; absent: 12, all of it
 *   --print            prints the results so far and runs nothing
 *   --svg <file>       the file of the curves; absent: they are not drawn
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { curves as drawCurves } from "@ropewalk/charts";
import { stories260K } from "@ropewalk/tiny-models";
import { nats } from "../render/table.ts";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import { nameOf, referenceCell } from "../tuning/cells.ts";
import { modelsBeside } from "../tuning/models.ts";
import { beyondCurves, beyondTable, cellOf, legend, rows } from "./report.ts";
import type { BeyondCell, BeyondResult, BeyondSetup } from "./work.ts";

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    separator: { type: "string", default: "<|endoftext|>" },
    results: { type: "string", default: "studies/beyond.jsonl" },
    tuned: { type: "string" },
    windows: { type: "string", default: "12" },
    workers: { type: "string", default: `${availableParallelism()}` },
    print: { type: "boolean", default: false },
    svg: { type: "string" },
  },
});
if (values.text === undefined) throw new RangeError("study:beyond: --text must be a .txt of stories, got none");
const kept = nameOf(referenceCell({ method: "entropy-abf", steps: 40 }));
const text = await fingerprint(values.text);
const weights = await fingerprint(new URL("model.safetensors", stories260K.url));
const tuned = values.tuned ?? join(modelsBeside(values.results, { weights, text }), kept);
const config = { length: 8192, windows: Number(values.windows), bucket: 512 };
const found = await runCells<BeyondSetup, BeyondCell, BeyondResult>(
  {
    module: new URL("work.ts", import.meta.url),
    workers: Number(values.workers),
    results: values.results,
    setup: { text: values.text, separator: values.separator, tuned },
    subject: {
      model: "stories260K",
      tuned: await fingerprint(join(tuned, "model.safetensors")),
      text,
    },
  },
  values.print ? [] : rows.map((row) => cellOf(row, config)),
  (cell, { losses, seconds }) =>
    console.error(`${cell.model} G=${cell.groupSize} W=${cell.window}: ${losses.map(nats).join(" ")} (${seconds} s)`),
);
console.log(`Held-out loss by position: ${config.windows} windows of 8,192 tokens.\n`);
console.log(`${beyondTable(found, config)}\n\n${legend().join("\n")}`);
const curves = beyondCurves(found, config);
if (values.svg !== undefined && curves.length > 0)
  await writeFile(
    values.svg,
    drawCurves({
      title: "Tuned to 2,048 tokens, and SelfExtend on top to 8,192",
      across: "position in the window, in tokens",
      up: "mean loss in nats per token",
      curves,
      ticks: [512, 2048, 4096, 6144],
      most: 4,
    }),
  );
