/**
 * `npm run study:tune -- --text <file>`: compares what `ropewalk tune` chooses with the best of all group sizes and windows that it could
 * have chosen, with and without log-n, on text that the search never saw.
 *
 *   --text <file>       a .txt of stories, for stories260K
 *   --separator <text>  the text between two stories; absent: <|endoftext|>
 *   --only <model>      stories260K (4,096 tokens, by loss) or passkey-875k (2,048 tokens, by the share of keys); absent: both
 *   --workers <n>       as for study:tuning
 *   --results <folder>  the folder of results, which a later run continues; absent: studies
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { everyCandidate, searchSpace, tune, type Candidate } from "@ropewalk/evals";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { renderTable } from "../render/table.ts";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import { loadFor, samplesFor, type GridResult, type TuneModel, type TuneSetup } from "./work.ts";

const { values } = parseArgs({
  options: {
    text: { type: "string" },
    separator: { type: "string", default: "<|endoftext|>" },
    only: { type: "string" },
    workers: { type: "string", default: `${availableParallelism()}` },
    results: { type: "string", default: "studies" },
  },
});
const { text } = values;
if (text === undefined) throw new RangeError("study:tune: --text must be a .txt of stories, got none");

type Plan = TuneSetup & { readonly prefills: number };

const plans: readonly Plan[] = [
  {
    model: "stories260K",
    text,
    separator: values.separator,
    length: 4096,
    prefills: 24,
    samples: { search: 7, grid: 1 },
  },
  {
    model: "passkey-875k",
    text,
    separator: values.separator,
    length: 2048,
    prefills: 96,
    samples: { search: 20, grid: 5 },
  },
];

const weights: Readonly<Record<TuneModel, URL>> = {
  stories260K: new URL("model.safetensors", stories260K.url),
  "passkey-875k": new URL("model.safetensors", passkey875k.url),
};

const named = ({ groupSize, window, logN }: Candidate): string => `G ${groupSize}, W ${window}${logN ? ", log-n" : ""}`;

const study = async ({ prefills, ...setup }: Plan): Promise<readonly string[]> => {
  const { model: name, length, samples } = setup;
  const model = await loadFor(setup);
  const own = (await samplesFor(model, setup)).slice(0, samples.search);
  const { chosen, prefills: spent } = await tune(model, own, { length, prefills });
  const space = searchSpace(model.extended.decoder.trainedContext, length, {});
  await model.release();
  console.error(`${name}: chosen ${named(chosen)} for ${spent.toFixed(1)} prefills`);
  const cells = everyCandidate(space);
  const found = await runCells<TuneSetup, Candidate, GridResult>(
    {
      module: new URL("work.ts", import.meta.url),
      setup,
      workers: Number(values.workers),
      results: join(values.results, `tune-${name}.jsonl`),
      subject: {
        model: await fingerprint(weights[name]),
        text: await fingerprint(text),
        setup: JSON.stringify(samples),
      },
    },
    cells,
    (cell, { far, found: share }) => console.error(`${name}: ${named(cell)}: ${(share ?? far).toFixed(4)}`),
  );
  const { groupSize, window, logN } = chosen;
  const result = found.get({ groupSize, window, logN })!;
  const best = cells.toSorted((a, b) => found.get(a)!.far - found.get(b)!.far)[0]!;
  const value = ({ far, found: share }: GridResult): number => share ?? far;
  const shown = (one: GridResult): string => value(one).toFixed(4);
  const behind = Math.abs(value(result) / value(found.get(best)!) - 1);
  const grid = cells.length * samples.grid;
  return [
    name,
    `${length}`,
    name === "stories260K" ? "nats" : "keys found",
    named(chosen),
    shown(result),
    named(best),
    shown(found.get(best)!),
    `${(100 * behind).toFixed(1)} %`,
    `${spent.toFixed(1)}`,
    `${grid}`,
    `${(100 * (spent / grid)).toFixed(1)} %`,
  ];
};

const rows: (readonly string[])[] = [];
for (const plan of plans) if (values.only === undefined || values.only === plan.model) rows.push(await study(plan));
console.log(
  renderTable(
    [
      "model",
      "tokens",
      "of what",
      "chosen",
      "comes to",
      "best of the grid",
      "comes to",
      "behind",
      "prefills",
      "of the grid",
      "cost",
    ],
    rows,
  ),
);
