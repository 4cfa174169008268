/** `ropewalk passkey`: does the longer window work? Keys hidden in text of growing length, methods side by side. */
import { keyGrid } from "@ropewalk/charts";
import type { PasskeyCell, PasskeyParams } from "@ropewalk/evals";
import type { OpenedModel } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Command } from "commander";
import { examples, modelArgument } from "../help.ts";
import { notice } from "../notice.ts";
import { number, numberList } from "../numbers.ts";
import { filesOf, open } from "../open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../options.ts";
import type { JobResult } from "../pool/jobs.ts";
import { costsReport, renderCosts, type MethodCosts } from "../render/costs.ts";
import { renderGrid } from "../render/grid.ts";
import { jobsOf, runSideBySide, threadsOf, workersFor, type NamedJob } from "../side-by-side.ts";
import { svgPath, writeSvg } from "../svg-path.ts";
import { asksForVariants, variantsOf, withVariants, type RunVariant, type VariantOptions } from "../variants.ts";

type PasskeyOptions = SharedOptions &
  VariantOptions & {
    readonly lengths: readonly number[];
    readonly depths: number;
    readonly trials: number;
    readonly seed: number;
    readonly keys?: number;
    readonly svg?: string;
    readonly workers?: number;
  };

/** Where no flag chooses an extension. */
const usual: readonly RunVariant[] = [
  { options: { method: ["none"], fallback: "none" }, varied: "" },
  { options: { method: ["self-extend"], fallback: "none" }, varied: "" },
  { options: { method: ["self-extend"], entropy: "log-n", fallback: "none" }, varied: "" },
];

/** Spread evenly: the middles of `count` equal parts of the text. */
const depthsFrom = (count: number): readonly number[] =>
  Array.from({ length: checkCount("passkey", "--depths", count) }, (_, index) => (index + 0.5) / count);

/** Where no flag chooses an extension, three of them; of a checkpoint that was tuned under one, that one. */
const runsFrom = ({ source }: OpenedModel, options: PasskeyOptions): readonly RunVariant[] => {
  const isTuned = source.kind === "checkpoint" && Object.keys(source.extension()).length > 0;
  return isTuned || asksForVariants(options) ? variantsOf(options) : usual;
};

/** @throws RangeError when a count is none */
const cellsFrom = ({ lengths, seed, keys, ...options }: PasskeyOptions): readonly PasskeyParams[] => {
  const trials = checkCount("passkey", "--trials", options.trials);
  const depths = depthsFrom(options.depths);
  return lengths.flatMap((length) =>
    depths.map((depth): PasskeyParams => ({
      ...{ length: checkCount("passkey", "--lengths", length), depth, trials, seed },
      ...(keys !== undefined && { keys }),
    })),
  );
};

/** Results by method, in the order the methods were asked for. */
const byMethod = (jobs: readonly NamedJob[], results: readonly JobResult[]): readonly MethodCosts[] =>
  [...new Set(jobs.map(({ name }) => name))].map((method) => {
    const own = results
      .filter((_, index) => jobs[index]!.name === method)
      .map(({ result, ...rest }) => ({ ...rest, cell: result as PasskeyCell }));
    return {
      method,
      cells: own.map(({ cell }) => cell),
      positions: new Map(own.map(({ cell, positions }) => [cell.length, positions])),
      numbers: new Map(own.map(({ cell, numbers }) => [cell.length, numbers])),
      beyond: [...new Set(own.filter(({ beyondCapacity }) => beyondCapacity).map(({ cell }) => cell.length))],
    };
  });

const passkey = async (model: string, options: PasskeyOptions): Promise<void> => {
  const asked = cellsFrom(options);
  const svg = await svgPath(options, "passkey.svg");
  const workers = workersFor("passkey", model, options.workers);
  if (options.keys !== undefined) checkCount("passkey", "--keys", options.keys);
  const { keys } = options;
  const threads = threadsOf(options, workers);
  // What is to be downloaded is downloaded once, with a bar; the workers find it.
  const opened = await open(model, options);
  if (keys !== undefined && (await (await filesOf(model)).file("task.json")) === undefined)
    throw new RangeError(
      `passkey: --keys must be absent for ${model}, whose texts are in English, with one key, got ${keys}`,
    );
  const jobs = jobsOf("passkey", { model, opened, options }, runsFrom(opened, options), asked);
  const results = await runSideBySide<PasskeyParams>(
    {
      ...{ command: "passkey", opened, options, workers },
      workOf: ({ length, trials }) => length * trials,
      label: ({ name, params: { length } }) => `${name}, ${length} tokens`,
    },
    jobs,
  );

  const methods = byMethod(jobs, results);
  for (const { method: name, beyond } of methods)
    if (beyond.length > 0)
      notice(`passkey: ${name} at ${beyond.join(", ")} tokens is beyond its capacity; run all the same`);
  if (options.json) {
    const cells = methods.flatMap(({ method: name, cells: own }) =>
      own.map(({ length, depth, found, trials }) => ({ method: name, length, depth, found, trials })),
    );
    const report = { cells, costs: costsReport(methods), threads: threads ?? null, workers, ...(keys && { keys }) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    const said = `Speeds are of one run on ${threads ?? "all"} thread${threads === 1 ? "" : "s"}, ${workers} side by side.\nMemory is that of keys and values.`;
    process.stdout.write(`${renderGrid(methods)}\n\n${renderCosts(methods)}\n${said}\n`);
  }
  await writeSvg({ svg, json: options.json, said: "The same grid as a picture" }, () =>
    keyGrid({ methods: methods.map(({ method, cells }) => ({ method, cells })) }),
  );
};

export const addPasskey = (program: Command): void => {
  const command = withVariants(
    withSharedOptions(
      program
        .command("passkey")
        .description(
          "hide keys in text of growing length and count those found; without --method, three methods side by side",
        )
        .argument("[model]", modelArgument, passkey875k.name)
        .option("--lengths <tokens>", "lengths of the text, by comma", numberList, [128, 256, 512, 1024, 2048, 4096])
        .option("--depths <n>", "how many depths, spread evenly", number, 5)
        .option("--trials <n>", "keys a cell", number, 10)
        .option("--seed <n>", "the same seed gives the same prompts", number, 3)
        .option(
          "--keys <n>",
          "keys a text, each for another name, of which one is asked for; absent: one, without a name",
          number,
        )
        .option(
          "--workers <n>",
          "runs side by side, each with the model in memory; absent: 1, or as many as cores for a shipped model",
          number,
        )
        .option("--svg <file>", "where the picture goes; absent: passkey.svg, or nowhere with --json"),
      "none",
      "three side by side; none beside another flag that chooses an extension",
    ),
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk passkey",
        "ropewalk passkey --method yarn --entropy log-n --lengths 256,512,1024",
        "ropewalk passkey --method self-extend --vary group-size=4,8 --window 64",
        "ropewalk passkey ./my-model --lengths 4096,8192 --trials 3 --json",
      ),
    )
    .action(passkey);
};
