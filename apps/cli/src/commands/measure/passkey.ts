/** `ropewalk passkey`: does the longer window work? Keys hidden in text of growing length, methods side by side. */
import { keyGrid } from "@ropewalk/charts";
import {
  joinedCells,
  passkeyFrom,
  writtenLength,
  writtenPasskeys,
  type PasskeyCell,
  type PasskeyParams,
  type PasskeyTemplate,
  type WrittenPasskeyParams,
} from "@ropewalk/evals";
import type { OpenedModel } from "@ropewalk/generation";
import { readJson as readJsonOf } from "@ropewalk/models";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Command } from "commander";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { number, distinctNumbers } from "../../flags/parse-numbers.ts";
import { filesOf, open } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import type { JobResult } from "../../pool/jobs.ts";
import { readJson, readText } from "../../input/read-file.ts";
import { costsReport, renderCosts, type MethodCosts } from "../../render/costs.ts";
import { renderGrid, renderPrompts } from "../../render/grid.ts";
import { jobsOf, runSideBySide, threadsOf, workersFor, workersOption, type NamedJob } from "../../pool/side-by-side.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";
import {
  asksForVariants,
  plainVariant,
  variantsOf,
  withVariants,
  type RunVariant,
  type VariantOptions,
} from "../../flags/variants.ts";

type PasskeyOptions = SharedOptions &
  VariantOptions & {
    readonly lengths: readonly number[];
    readonly depths: number;
    readonly trials: number;
    readonly seed: readonly number[];
    readonly keys?: number;
    readonly digits?: number;
    readonly template?: string;
    readonly file?: string;
    readonly svg?: string;
    readonly workers?: number;
  };

/** The three runs when no flag chooses an extension. */
const usual: readonly RunVariant[] = [
  plainVariant,
  { options: { method: ["self-extend"], fallback: "none" }, varied: "" },
  { options: { method: ["self-extend"], entropy: "log-n", fallback: "none" }, varied: "" },
];

/** Depths that are spread evenly: the middles of `count` equal parts of the text. */
const depthsFrom = (count: number): readonly number[] =>
  Array.from({ length: checkCount("passkey", "--depths", count) }, (_, index) => (index + 0.5) / count);

/** The runs of the flags. When no flag chooses an extension: a tuned checkpoint's own, else three runs. */
const runsFrom = ({ source }: OpenedModel, options: PasskeyOptions): readonly RunVariant[] => {
  const isTuned = source.kind === "checkpoint" && Object.keys(source.extension()).length > 0;
  return isTuned || asksForVariants(options) ? variantsOf(options) : usual;
};

/** @throws RangeError when a count is no positive integer */
const cellsFrom = ({ lengths, seed, keys, digits, template, ...options }: PasskeyOptions): readonly PasskeyParams[] => {
  const trials = checkCount("passkey", "--trials", options.trials);
  const depths = depthsFrom(options.depths);
  if (keys !== undefined) checkCount("passkey", "--keys", keys);
  if (digits !== undefined) checkCount("passkey", "--digits", digits);
  const own = {
    ...(keys !== undefined && { keys }),
    ...(digits !== undefined && { digits }),
    ...(template !== undefined && { template }),
  };
  return lengths.flatMap((length) =>
    depths.flatMap((depth) =>
      seed.map((one): PasskeyParams => ({
        length: checkCount("passkey", "--lengths", length),
        depth,
        trials,
        seed: one,
        ...own,
      })),
    ),
  );
};

/** The flags that a file of prompts has no use for. */
const notOfFiles = ["lengths", "depths", "trials", "seed", "keys", "digits", "template"] as const;

/** The prompts of a file, each with its tokens. */
const promptsFrom = async (
  file: string,
  opened: OpenedModel,
  command: Command,
): Promise<readonly WrittenPasskeyParams[]> => {
  for (const name of notOfFiles)
    if (command.getOptionValueSource(name) === "cli")
      throw new RangeError(`passkey: --${name} must be absent beside --file, whose prompts are written, got it too`);
  const prompts = writtenPasskeys({ name: file, text: await readText("--file", file) });
  const { text, source } = opened;
  if (text === undefined) throw new RangeError(`passkey: ${source.name} must have a tokenizer, got none`);
  return prompts.map((prompt, index) => ({ file, prompt: index + 1, length: writtenLength(text, prompt) }));
};

/** Results by method, in the order the methods were asked for. */
const byMethod = (
  jobs: readonly NamedJob[],
  results: readonly JobResult[],
  joined: (cells: readonly PasskeyCell[]) => readonly PasskeyCell[],
): readonly MethodCosts[] =>
  [...new Set(jobs.map(({ name }) => name))].map((method) => {
    const own = results
      .filter((_, index) => jobs[index]!.name === method)
      .map(({ result, ...rest }) => ({ ...rest, cell: result as PasskeyCell }));
    return {
      method,
      cells: joined(own.map(({ cell }) => cell)),
      positions: new Map(own.map(({ cell, positions }) => [cell.length, positions])),
      numbers: new Map(own.map(({ cell, numbers }) => [cell.length, numbers])),
      beyond: [...new Set(own.filter(({ beyondCapacity }) => beyondCapacity).map(({ cell }) => cell.length))],
    };
  });

/** The measured parameters: a grid, or the prompts of a file. */
type Asked =
  | { readonly kind: "passkey"; readonly params: readonly PasskeyParams[] }
  | { readonly kind: "passkey-file"; readonly params: readonly WrittenPasskeyParams[] };

const trialsOf = (params: PasskeyParams | WrittenPasskeyParams): number => ("trials" in params ? params.trials : 1);

/** Checks the template, and that the model's texts can name several keys, before anything runs. */
const checkWords = async (model: string, { keys, template }: PasskeyOptions): Promise<void> => {
  if (template !== undefined) passkeyFrom((await readJson("--template", template)) as PasskeyTemplate);
  if (keys === undefined) return;
  if (template !== undefined)
    throw new RangeError(`passkey: --keys must be absent beside --template, whose texts have one key, got ${keys}`);
  const task = await readJsonOf(await filesOf(model), "task.json");
  const one =
    task === undefined ? "are in English, with one key" : "have one key: its task.json states no names for more";
  if (!(typeof task === "object" && task !== null && "named" in task))
    throw new RangeError(`passkey: --keys must be absent for ${model}, whose texts ${one}, got ${keys}`);
};

const passkey = async (model: string, options: PasskeyOptions, command: Command): Promise<void> => {
  const grid = cellsFrom(options);
  const svg = await svgPath(options, "passkey.svg");
  const workers = workersFor("passkey", model, options.workers);
  const { keys, file } = options;
  const threads = threadsOf(options, workers);
  // Files are downloaded here once, with a bar. The workers find them in the cache.
  const opened = await open(model, options);
  await checkWords(model, options);
  const asked: Asked =
    file === undefined
      ? { kind: "passkey", params: grid }
      : { kind: "passkey-file", params: await promptsFrom(file, opened, command) };
  const jobs = jobsOf<PasskeyParams | WrittenPasskeyParams>(
    asked.kind,
    { model, opened, options },
    runsFrom(opened, options),
    asked.params,
  );
  const results = await runSideBySide<PasskeyParams | WrittenPasskeyParams>(
    {
      command: "passkey",
      opened,
      options,
      workers,
      workOf: (params) => params.length * trialsOf(params),
      label: ({ name, params: { length } }) => `${name}, ${length} tokens`,
    },
    jobs,
  );

  const methods = byMethod(jobs, results, file === undefined ? joinedCells : (written) => written);
  for (const { method: name, beyond } of methods)
    if (beyond.length > 0)
      notice(`passkey: ${name} at ${beyond.join(", ")} tokens is beyond its capacity; run all the same`);
  if (options.json) {
    const cells = methods.flatMap(({ method: name, cells: own }) =>
      own.map(({ length, depth, found, trials }, index) => ({
        method: name,
        ...(file !== undefined && { prompt: index + 1 }),
        length,
        depth,
        found,
        trials,
      })),
    );
    const report = { cells, costs: costsReport(methods), threads: threads ?? null, workers, ...(keys && { keys }) };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    const said = `Speeds are of one run on ${threads ?? "all"} thread${threads === 1 ? "" : "s"}, ${workers} side by side.\nMemory is that of keys and values.`;
    const found = file === undefined ? renderGrid(methods) : renderPrompts(methods);
    process.stdout.write(`${found}\n\n${renderCosts(methods)}\n${said}\n`);
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
        .option(
          "--lengths <tokens>",
          "lengths of the text, by comma",
          distinctNumbers,
          [128, 256, 512, 1024, 2048, 4096],
        )
        .option("--depths <n>", "how many depths, spread evenly", number, 5)
        .option("--trials <n>", "keys a cell", number, 10)
        .option(
          "--seed <n>",
          "the same seed gives the same prompts; of several by comma the keys are counted together",
          distinctNumbers,
          [3],
        )
        .option("--digits <n>", "digits of a key; absent: 5", number)
        .option(
          "--template <file>",
          'the texts in words of your own, as JSON: {"sentences", "needle" with {key}, "question"}, and "opening", "separator" if wanted',
        )
        .option(
          "--file <file>",
          "prompts that are written, as LongLM has them: a line an {input, target, passkey_position}",
        )
        .option(
          "--keys <n>",
          "keys a text, each for another name, of which one is asked for; absent: one, without a name",
          number,
        )
        .addOption(workersOption())
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
