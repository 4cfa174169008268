/** `ropewalk passkey`: does the longer window work? Keys hidden in text of growing length, methods side by side. */
import { keyGrid } from "@ropewalk/charts";
import { extendDecoder } from "@ropewalk/decoder";
import type { PasskeyCell, PasskeyParams } from "@ropewalk/evals";
import { needCheckpoint, type OpenedModel } from "@ropewalk/generation";
import type { Precision } from "@ropewalk/models";
import { quantizeOnDisk } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Command } from "commander";
import { availableParallelism } from "node:os";
import { newBar, roundingBar } from "../bars.ts";
import { interruptSignal } from "../interrupt.ts";
import { asksForExtension } from "../extension-options.ts";
import { examples, modelArgument } from "../help.ts";
import { notice } from "../notice.ts";
import { number, numberList } from "../numbers.ts";
import { chosenFor, filesOf, open, replacedNotices } from "../open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../options.ts";
import type { Job, JobResult, Variant } from "../pool/jobs.ts";
import { runJobs } from "../pool/run-jobs.ts";
import { costsReport, renderCosts, type MethodCosts } from "../render/costs.ts";
import { renderGrid } from "../render/grid.ts";
import { svgPath, writeSvg } from "../svg-path.ts";

type PasskeyOptions = SharedOptions & {
  readonly lengths: readonly number[];
  readonly depths: number;
  readonly trials: number;
  readonly seed: number;
  readonly keys?: number;
  readonly svg?: string;
  readonly workers?: number;
};

const sideBySide: readonly Variant[] = [
  { method: ["none"] },
  { method: ["self-extend"] },
  { method: ["self-extend"], entropy: "log-n" },
];

/** Spread evenly: the middles of `count` equal parts of the text. */
const depthsFrom = (count: number): readonly number[] =>
  Array.from({ length: checkCount("passkey", "--depths", count) }, (_, index) => (index + 0.5) / count);

/** Where no flag chooses an extension, three of them; of a checkpoint that was tuned under one, that one. */
const variantsFrom = ({ source }: OpenedModel, options: PasskeyOptions): readonly Variant[] => {
  const isTuned = source.kind === "checkpoint" && Object.keys(source.extension()).length > 0;
  return isTuned || asksForExtension(options) ? [{}] : sideBySide;
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

/** One cell of one method, which has its name in the grid. */
type GridJob = Job & { readonly name: string; readonly params: PasskeyParams };

const jobsFrom = (
  { model, opened }: { readonly model: string; readonly opened: OpenedModel },
  options: PasskeyOptions,
  cells: readonly PasskeyParams[],
): readonly GridJob[] =>
  variantsFrom(opened, options).flatMap((variant) =>
    cells.map((params): GridJob => ({
      ...{ model, variant, kind: "passkey", params },
      ...(options.modules && { modules: options.modules.map(({ path }) => path) }),
      name: chosenFor(opened, { ...options, ...variant }, params.length).name,
    })),
  );

/** Results by method, in the order the methods were asked for. */
const byMethod = (jobs: readonly GridJob[], results: readonly JobResult[]): readonly MethodCosts[] =>
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

/** What the methods switch off, each thing once. */
const noticesOf = (opened: OpenedModel, options: SharedOptions, jobs: readonly GridJob[]): ReadonlySet<string> =>
  new Set(
    jobs.flatMap(({ variant, params }) => {
      const chosen = chosenFor(opened, { ...options, ...variant }, params.length);
      return [...replacedNotices(opened, chosen), ...extendDecoder(opened.source.decoder, chosen.extension).notices];
    }),
  );

/** Rounds the weights for all workers. This thread does it, so that what it writes goes with the process. */
const roundOnce = async ({ source }: OpenedModel, precision: Precision, signal: AbortSignal) => {
  const { onStep, stop } = roundingBar(signal);
  return quantizeOnDisk(needCheckpoint("quantize", source), precision, onStep).finally(stop);
};

const passkey = async (model: string, options: PasskeyOptions): Promise<void> => {
  const asked = cellsFrom(options);
  const svg = await svgPath(options, "passkey.svg");
  const workers = checkCount(
    "passkey",
    "--workers",
    options.workers ?? (model === passkey875k.name ? availableParallelism() : 1),
  );
  if (options.keys !== undefined) checkCount("passkey", "--keys", options.keys);
  const { threads = workers > 1 ? 1 : undefined, quantize, keys, modules, ...rest } = options;
  const handed = { ...rest, ...(threads === undefined ? {} : { threads }) };
  const shared: SharedOptions = { ...handed, ...(modules === undefined ? {} : { modules }) };
  // What is to be downloaded is downloaded once, with a bar; the workers find it.
  const opened = await open(model, shared);
  if (keys !== undefined && (await (await filesOf(model)).file("task.json")) === undefined)
    throw new RangeError(
      `passkey: --keys must be absent for ${model}, whose texts are in English, with one key, got ${keys}`,
    );
  const jobs = jobsFrom({ model, opened }, options, asked);
  for (const said of noticesOf(opened, shared, jobs)) notice(said);
  const signal = interruptSignal("passkey");
  const rounded = quantize && (await roundOnce(opened, quantize, signal));

  const bar = newBar("{what}");
  const work = jobs.reduce((sum, { params: { length, trials } }) => sum + length * trials, 0);
  bar.start(work, 0, { what: "loading" });
  const ready = jobs.map((job) => (rounded ? { ...job, rounded: rounded.path } : job));
  const results = await runJobs(
    { setup: { options: handed }, workers, signal },
    ready,
    ({ name, params: { length } }) => bar.increment(length, { what: `${name}, ${length} tokens` }),
  ).finally(async () => {
    bar.stop();
    await rounded?.remove();
  });

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
  const command = withSharedOptions(
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
        "runs side by side, each with the model in memory; absent: 1, or as many as cores for the shipped model",
        number,
      )
      .option("--svg <file>", "where the picture goes; absent: passkey.svg, or nowhere with --json"),
    "none",
    "three side by side; none beside another flag that chooses an extension",
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk passkey",
        "ropewalk passkey --method yarn --entropy log-n --lengths 256,512,1024",
        "ropewalk passkey ./my-model --lengths 4096,8192 --trials 3 --json",
      ),
    )
    .action(passkey);
};
