/** `ropewalk ruler`: RULER-style tasks, and tasks of anybody's, at growing lengths. */
import { isTaskModule, rulerNames, rulerThreshold, type TaskParams } from "@ropewalk/evals";
import type { OpenedModel, TextCodec } from "@ropewalk/generation";
import type { Command } from "commander";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { examples, modelArgument, shipped } from "../help.ts";
import { number, numberList } from "../numbers.ts";
import { chosenFor, open } from "../open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../options.ts";
import { renderRulerScores, rulerReport, type RulerScores } from "../render/ruler-scores.ts";
import { askedTasks, readFiles, type AskedTask, type Files } from "../ruler/asked.ts";
import { writePrompts } from "../ruler/prompts.ts";
import { runTasks } from "../ruler/run.ts";

type RulerOptions = SharedOptions & {
  readonly tasks?: readonly string[];
  readonly lengths?: readonly number[];
  readonly samples: number;
  readonly seed: number;
  readonly essays?: string;
  readonly documents?: readonly string[];
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
  lengths.flatMap((length) => tasks.map(({ name, files }) => ({ task: name, length, samples, seed, ...files })));

/** What the scores rest on. */
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

const report = (scores: RulerScores, asked: Asked, files: Files, options: RulerOptions): object => {
  const { essays, documents } = files;
  const { threshold } = options;
  return {
    ...rulerReport(scores, threshold / 100),
    ...{ threshold: threshold / 100, samples: asked.samples, seed: asked.seed },
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
  const files = await readFiles(options.essays, options.documents);
  const tasks = await askedTasks(options.tasks, files);
  const isShipped = shipped.some(({ name }) => name === model);
  const workers = checkCount("ruler", "--workers", options.workers ?? (isShipped ? availableParallelism() : 1));
  const opened = await open(model, options);
  const asked = askedFrom(opened, options);
  const { text: codec } = opened;
  if (codec === undefined) throw new RangeError(`ruler: ${opened.source.name} must have a tokenizer, got none`);
  const { lengths, samples, seed } = asked;
  for (const length of lengths) for (const { check } of tasks) check({ codec, length, samples, seed });
  if (options.write !== undefined) return write(options.write, codec, tasks, asked, options.json);

  const results = await runTasks({ model, opened, options, workers, texts: files.texts }, cellsOf(tasks, asked));
  const cells = cellsOf(tasks, asked).map(({ task, length }, index) => ({
    task,
    length,
    score: results[index]!.score,
  }));
  const { name: method } = chosenFor(opened, options, Math.max(...asked.lengths));
  const scores: RulerScores = { method, cells };
  if (options.json) process.stdout.write(`${JSON.stringify(report(scores, asked, files, options))}\n`);
  else
    process.stdout.write(`${renderRulerScores(scores, options.threshold / 100)}\n\n${restsOn(tasks, asked, files)}\n`);
};

const names = (text: string): readonly string[] => text.split(",").map((name) => name.trim());

const another = (path: string, before: readonly string[] = []): readonly string[] => [...before, path];

export const addRuler = (program: Command): void => {
  withSharedOptions(
    program
      .command("ruler")
      .description("score RULER-style tasks, or tasks of one's own, at growing lengths, and tell the effective length")
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
        another,
      )
      .option(
        "--threshold <percent>",
        "the score that a length must have to be effective",
        number,
        100 * rulerThreshold,
      )
      .option("--write <file>", "write the prompts as lines of JSON, as RULER's files have them, and run nothing")
      .option(
        "--workers <n>",
        "runs side by side, each with the model in memory; absent: 1, or as many as cores for a shipped model",
        number,
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
          "ropewalk ruler ./my-model --tasks niah_single_1,vt --method self-extend --samples 50",
          "ropewalk ruler ./my-model --tasks vt --lengths 4096 --write vt.jsonl",
        ),
      ].join("\n"),
    )
    .action(ruler);
};
