/** `npm run study:retrieval`: keys found by passkey-875k, tuned on prompts four times as long as its window, method by method. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { passkey875k } from "@ropewalk/tiny-models";
import { runCells } from "../run/cells.ts";
import { fingerprint } from "../run/fingerprint.ts";
import { retrievalCells, type RetrievalCell, type RetrievalResult } from "./cells.ts";

const { values } = parseArgs({
  options: {
    results: { type: "string", default: "studies/retrieval.jsonl" },
    workers: { type: "string", default: `${availableParallelism()}` },
    trials: { type: "string", default: "2" },
  },
});
const cells = retrievalCells(Number(values.trials));
const study = {
  ...{ module: new URL("work.ts", import.meta.url), setup: undefined },
  ...{ workers: Number(values.workers), results: values.results },
  subject: { model: "passkey-875k", weights: await fingerprint(new URL("model.safetensors", passkey875k.url)) },
};
await runCells<undefined, RetrievalCell, RetrievalResult>(study, cells, ({ method, steps, learned }, result) =>
  console.error(
    `${method} ${steps} ${learned}: ${result.found.map((f) => `${f.length} ${f.onTop} ${f.found}/${f.trials}`).join(", ")} (${result.seconds} s, ${result.loss?.toFixed(3)})`,
  ),
);
