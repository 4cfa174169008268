/**
 * `npm run study:retrieval`: counts the keys that passkey-875k finds after it is tuned on prompts four times as long as its window, for each
 * method.
 *
 *   --results <file>   the file of results, which a later run continues; absent: studies/retrieval.jsonl
 *   --trials <n>       keys asked for at each of five depths; absent: 2
 *   --workers <n>      workers of one thread each; absent: as many as there are cores
 *   --print            prints the results so far and runs nothing
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { passkey875k } from "@ropewalk/tiny-models";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import { batchSize, onTops, retrievalCells, trainSamples, type RetrievalCell, type RetrievalResult } from "./cells.ts";
import { keysTable, learnedTable } from "./report.ts";

const { values } = parseArgs({
  options: {
    results: { type: "string", default: "studies/retrieval.jsonl" },
    workers: { type: "string", default: `${availableParallelism()}` },
    trials: { type: "string", default: "2" },
    print: { type: "boolean", default: false },
  },
});
const trials = Number(values.trials);
const found = await runCells<undefined, RetrievalCell, RetrievalResult>(
  {
    module: new URL("work.ts", import.meta.url),
    setup: undefined,
    workers: Number(values.workers),
    results: values.results,
    subject: { model: "passkey-875k", weights: await fingerprint(new URL("model.safetensors", passkey875k.url)) },
  },
  values.print ? [] : retrievalCells(trials),
  ({ method, steps, learned }, { found: keys, seconds }) =>
    console.error(
      `${method}, ${steps} steps, ${learned}: ${keys.map((one) => `${one.length} ${one.onTop} ${one.found}`).join(", ")} (${seconds} s)`,
    ),
);
console.log(
  `Keys found at 1,024 and 2,048 tokens after 0, 6, 20 and 60 steps of ${batchSize} of ${trainSamples} prompts of 1,024 tokens.\n`,
);
for (const top of onTops)
  console.log(
    `${top === "none" ? "Each as it was tuned" : `SelfExtend on top, ${top}`}:\n\n${keysTable(found, trials, top)}\n`,
  );
console.log(`The answer alone learned, or all tokens:\n\n${learnedTable(found, trials)}`);
