/** `ropewalk ruler`: RULER-style tasks, and tasks of the user's own, at growing lengths. */
import { isTaskModule, rulerNames, rulerThreshold, type TaskParams, type TaskResult } from "@ropewalk/evals";
import type { OpenedModel, TextCodec } from "@ropewalk/generation";
import type { Command } from "commander";
import { basename } from "node:path";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { collected } from "../../flags/collected.ts";
import { number, numberList } from "../../flags/parse-numbers.ts";
import { open } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import type { JobResult } from "../../pool/jobs.ts";
import { renderRulerScores, rulerReport, type RulerScores } from "../../render/ruler-scores.ts";
import { askedTasks, readFiles, type AskedTask, type Files } from "../../ruler/asked-tasks.ts";
import { writePrompts } from "../../ruler/write-prompts.ts";
import { jobsOf, runSideBySide, workersFor, workersOption, type NamedJob } from "../../pool/side-by-side.ts";
import { asksForVariants, variantsOf, withVariants, type VariantOptions } from "../../flags/variants.ts";

type RulerOptions = SharedOptions &
  VariantOptions & {
    readonly tasks?: readonly string[];
    readonly lengths?: readonly number[];
    readonly samples: number;
    readonly seed: number;
    readonly essays?: string;
    readonly documents?: readonly string[];
    readonly chat?: boolean;
    /** In percent. */
    readonly threshold: number;
    readonly write?: string;
    readonly workers?: number;
  };

type Asked = { readonly lengths: readonly number[]; readonly samples: number; readonly seed: number };

const askedFrom = (opened: OpenedModel, options: RulerOptions): Asked => {
  const { lengths = [opened.source.decoder.trainedContext], samples, seed } = options;
  for (const length of lengths) checkCount("ruler", "--lengths", length);
  return { lengths: [...new Set(lengths)], samples, seed };
};

/** @throws RangeError when a number is out of range */
const checkNumbers = ({ samples, seed, threshold }: RulerOptions): void => {
  checkCount("ruler", "--samples", samples);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`ruler: --seed must be an integer, got ${seed}`);
  if (!(threshold >= 0 && threshold <= 100))
    throw new RangeError(`ruler: --threshold must be from 0 to 100, got ${threshold}`);
};

const cellsOf = (tasks: readonly AskedTask[], { lengths, samples, seed }: Asked): readonly TaskParams[] =>
  lengths.flatMap((length) => tasks.map(({ name, params }) => ({ task: name, length, samples, seed, ...params })));

/** A text that says how the prompts were drawn, and from which files. */
const restsOn = (tasks: readonly AskedTask[], { samples, seed }: Asked, { essays, documents }: Files): string => {
  const drawn = `from seed ${seed}, ${samples} sample${samples === 1 ? "" : "s"} a task and length`;
  return [
    tasks.every(({ name }) => isTaskModule(name))
      ? `Drawn ${drawn}.`
      : `RULER-style: drawn here, ${drawn}.\nScores compare with one another; RULER's own draws are others.`,
    ...(essays === undefined ? [] : [`Essays: ${basename(essays)}, in the place of RULER's.`]),
    ...Object.values(documents).map((path) => `Documents: ${basename(path)}.`),
  ].join("\n");
};

/** Scores by method, in the order the methods were asked for. */
const byMethod = (jobs: readonly NamedJob<TaskParams>[], results: readonly JobResult[]): readonly RulerScores[] =>
  [...new Set(jobs.map(({ name }) => name))].map((method) => ({
    method,
    cells: jobs.flatMap(({ name, params: { task, length } }, index) =>
      name === method ? [{ task, length, score: (results[index]!.result as TaskResult).score }] : [],
    ),
  }));

const noticeBeyond = (jobs: readonly NamedJob<TaskParams>[], results: readonly JobResult[]): void => {
  const beyond = new Map<string, Set<number>>();
  for (const [index, { name, params }] of jobs.entries())
    if (results[index]!.beyondCapacity) beyond.set(name, (beyond.get(name) ?? new Set()).add(params.length));
  for (const [name, lengths] of beyond)
    notice(`ruler: ${name} at ${[...lengths].join(", ")} tokens is beyond its capacity; run all the same`);
};

const report = (methods: readonly RulerScores[], { samples, seed }: Asked, files: Files, threshold: number): object => {
  const { essays, documents } = files;
  return {
    methods: methods.map((scores) => rulerReport(scores, threshold)),
    threshold,
    samples,
    seed,
    ...(essays !== undefined && { essays }),
    ...(Object.keys(documents).length > 0 && { documents }),
  };
};

const write = async (path: string, codec: TextCodec, tasks: readonly AskedTask[], asked: Asked, json?: boolean) => {
  const prompts = await writePrompts(path, codec, tasks, asked);
  process.stdout.write(json ? `${JSON.stringify({ path, prompts })}\n` : `${prompts} prompts: ${path}\n`);
};

const ruler = async (model: string, options: RulerOptions): Promise<void> => {
  checkNumbers(options);
  if (options.write !== undefined && asksForVariants(options))
    throw new RangeError(
      "ruler: --write must stand without flags of an extension, which no prompt depends on, got both",
    );
  const files = await readFiles(options.essays, options.documents);
  const tasks = await askedTasks(options.tasks, files, options.chat ?? false);
  const workers = workersFor("ruler", model, options.workers);
  const opened = await open(model, options);
  const asked = askedFrom(opened, options);
  const { text: codec } = opened;
  if (codec === undefined) throw new RangeError(`ruler: ${opened.source.name} must have a tokenizer, got none`);
  const { lengths, samples, seed } = asked;
  for (const length of lengths) for (const { check } of tasks) check({ codec, length, samples, seed });
  if (options.write !== undefined) return write(options.write, codec, tasks, asked, options.json);

  const jobs = jobsOf("task", { model, opened, options }, variantsOf(options), cellsOf(tasks, asked));
  const results = await runSideBySide<TaskParams>(
    {
      command: "ruler",
      opened,
      options,
      workers,
      texts: files.texts,
      workOf: (params) => params.length * params.samples,
      label: ({ name, params }) => `${name}, ${params.task}, ${params.length} tokens`,
    },
    jobs,
  );
  noticeBeyond(jobs, results);
  const methods = byMethod(jobs, results);
  const threshold = options.threshold / 100;
  if (options.json) process.stdout.write(`${JSON.stringify(report(methods, asked, files, threshold))}\n`);
  else {
    const tables = methods.map((scores) => renderRulerScores(scores, threshold)).join("\n\n");
    process.stdout.write(`${tables}\n\n${restsOn(tasks, asked, files)}\n`);
  }
};

const names = (text: string): readonly string[] => text.split(",").map((name) => name.trim());

export const addRuler = (program: Command): void => {
  withVariants(
    withSharedOptions(
      program
        .command("ruler")
        .description(
          "score RULER-style tasks, or tasks of one's own, at growing lengths, and tell the effective length",
        )
        .argument("<model>", modelArgument)
        .option(
          "--tasks <names>",
          "as below, or modules of one's own, by comma; absent: all whose files are given",
          names,
        )
        .option("--lengths <tokens>", "of prompt and answer, by comma; absent: the trained window", numberList)
        .option("--samples <n>", "prompts a task and length", number, 10)
        .option("--seed <n>", "the same seed gives the same prompts", number, 42)
        .option("--essays <file>", "prose that needles are hidden in, in the place of RULER's essays")
        .option(
          "--documents <file>",
          "questions over documents, as SQuAD has them (qa_1) or HotpotQA (qa_2); again for both",
          collected,
        )
        .option("--chat", "RULER's prompts as messages to the assistant, for models with a chat template")
        .option(
          "--threshold <percent>",
          "the score that a length must have to be effective",
          number,
          100 * rulerThreshold,
        )
        .option("--write <file>", "write the prompts as lines of JSON, as RULER's files have them, and run nothing")
        .addOption(workersOption()),
    ),
  )
    .addHelpText(
      "after",
      [
        `\nTasks: ${rulerNames.slice(0, 4).join(", ")},`,
        `  ${rulerNames.slice(4, 9).join(", ")},`,
        `  ${rulerNames.slice(9).join(", ")}`,
        "  ./path.mjs        a module whose default export is a task",
        examples(
          "ropewalk ruler ./my-model --essays book.txt --lengths 4096,8192,16384",
          "ropewalk ruler ./my-model --tasks niah_single_1,vt --method none,self-extend",
          "ropewalk ruler ./my-model --tasks vt --lengths 4096 --write vt.jsonl",
        ),
      ].join("\n"),
    )
    .action(ruler);
};
