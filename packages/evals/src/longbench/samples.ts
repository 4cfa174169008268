/** Reads lines of LongBench's and L-Eval's files as samples: the prompt, the right answers, and the metric. */
import { check, checkKeys, checkList } from "@ropewalk/check";
import { checkOptional, idOf, jsonLines, textField, textsField, type JsonLine, type NamedText } from "../json-lines.ts";
import { checkLanguages } from "../metrics/language.ts";
import { metrics, type MetricName } from "../metrics/metric.ts";
import { lEvalExams, lEvalKinds } from "./datasets.ts";
import { filled } from "../fit-prompt.ts";
import { resolve, type Settings } from "./settings.ts";

export type LongBenchSample = {
  readonly dataset: string;
  /** The line's own id, or else its file and number. */
  readonly id: string;
  readonly prompt: string;
  readonly answers: readonly string[];
  readonly metric: MetricName;
  readonly task: string;
  readonly maxNewTokens: number;
  /** Only the first line of an answer is scored. */
  readonly firstLine: boolean;
  /** Whether the prompt may be a message in the checkpoint's chat template. */
  readonly chat: boolean;
  readonly classes?: readonly string[];
  /** As the data states it, in words or characters. */
  readonly length?: number;
};

/** Samples, and the lines that people or models are to judge, by who judges. */
export type ReadSamples = {
  readonly samples: readonly LongBenchSample[];
  readonly skipped: Readonly<Record<string, number>>;
};

/** A sample, and what the check of languages needs of its line. */
type Read = { readonly sample: LongBenchSample; readonly at: string; readonly language?: string | undefined };

const where = "longbench";

const longBenchKeys = ["input", "context", "answers", "length", "dataset", "language", "all_classes", "_id", "id"];
const lEvalKeys = ["input", "instructions", "outputs", "evaluation", "source", "dataset"];

/** The fields that a prompt may name: texts and numbers. */
const fieldsOf = (value: JsonLine["value"]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => typeof field === "string" || typeof field === "number")
      .map(([key, field]) => [key, String(field)]),
  );

const baseName = (name: string): string => name.replace(/^.*[\\/]/, "").replace(/\.jsonl?$/, "");

const datasetOf = (line: JsonLine, name: string): string =>
  line.value["dataset"] === undefined ? baseName(name) : textField(where, line, "dataset");

const classesOf = (line: JsonLine, metric: MetricName): Pick<LongBenchSample, "classes"> => {
  if (metrics[metric].needs !== "classes") return {};
  const classes = line.value["all_classes"];
  checkList(where, `${line.at}: all_classes`, classes);
  return { classes: textsField(where, line, "all_classes") };
};

const lengthOf = ({ at, value: { length } }: JsonLine): Pick<LongBenchSample, "length"> => {
  if (length === undefined || length === null) return {};
  check(typeof length === "number", `${where}: ${at}: length must be a number`, length, "number");
  return { length: length as number };
};

const longBenchLine = (line: JsonLine, name: string, settings: Settings): Read => {
  const { at, value } = line;
  textField(where, line, "context");
  textField(where, line, "input");
  const answers = textsField(where, line, "answers");
  checkOptional(where, line, longBenchKeys);
  const dataset = datasetOf(line, name);
  const { prompt, metric, task, maxNewTokens, firstLine = false, chat = true } = resolve(where, at, dataset, settings);
  const sample = {
    dataset,
    id: idOf(where, line),
    prompt: filled(where, at, prompt, fieldsOf(value)),
    answers,
    metric,
    task,
    maxNewTokens,
    firstLine,
    chat,
    ...classesOf(line, metric),
    ...lengthOf(line),
  };
  const { language } = value;
  return { sample, at, ...(typeof language === "string" && { language }) };
};

const wordsIn = (text: string): number => text.match(/\S+/g)?.length ?? 0;

/** A line has several questions on one document. If no metric scores them, it says who judges. */
const lEvalLine = (line: JsonLine, name: string, settings: Settings): readonly Read[] | string => {
  const { at, value } = line;
  const document = textField(where, line, "input");
  const instructions = textsField(where, line, "instructions");
  const outputs = textsField(where, line, "outputs");
  check(
    outputs.length === instructions.length,
    `${where}: ${at}: outputs must be as many as instructions, ${instructions.length}`,
    outputs.length,
  );
  const evaluation = textField(where, line, "evaluation");
  checkOptional(where, line, lEvalKeys);
  check(
    Object.hasOwn(lEvalKinds, evaluation),
    `${where}: ${at}: evaluation must be one of ${Object.keys(lEvalKinds).join(", ")}`,
    evaluation,
  );
  const kind = lEvalKinds[evaluation];
  if (kind === undefined) return evaluation;
  const dataset = datasetOf(line, name);
  const row = evaluation === "exam" && Object.hasOwn(lEvalExams, dataset) ? lEvalExams[dataset] : kind;
  const {
    prompt,
    metric,
    task,
    maxNewTokens,
    firstLine = false,
    chat = true,
  } = resolve(...([where, at, dataset, settings, row] as const));
  return instructions.map((instruction, index) => {
    const answer = outputs[index]!;
    const fields = { ...fieldsOf(value), input: document, instruction, words: String(wordsIn(answer)) };
    const sample = {
      dataset,
      id: `${at}, question ${index + 1}`,
      prompt: filled(where, at, prompt, fields),
      answers: [answer],
      metric,
      task,
      maxNewTokens,
      firstLine,
      chat,
    };
    return { sample, at };
  });
};

const isLEval = ({ value }: JsonLine): boolean => value["instructions"] !== undefined || value["outputs"] !== undefined;

/**
 * The samples of files of JSON lines, LongBench's and L-Eval's in any mixture.
 *
 * LongBench's lines are `{ input, context, answers, dataset, all_classes, length, language, _id }`, L-Eval's `{ input, instructions,
 * outputs, evaluation, source }`, whose dataset is the file's name. A prompt names the fields of a line; of L-Eval's also `instruction`,
 * one of them, and `words`, how many the right answer has.
 *
 * @throws TypeError and RangeError that name the file and the line, the field, the rule and the value
 */
export const readSamples = (files: readonly NamedText[], settings: Settings): ReadSamples => {
  checkList(where, "files", files);
  checkKeys<Settings>(where, "settings", settings, { prompts: true, maxNewTokens: true, metrics: true });
  const skipped: Record<string, number> = {};
  const read = files.flatMap((file) =>
    jsonLines(where, file).flatMap((line): readonly Read[] => {
      if (!isLEval(line)) return [longBenchLine(line, file.name, settings)];
      const lines = lEvalLine(line, file.name, settings);
      if (typeof lines !== "string") return lines;
      skipped[lines] = (skipped[lines] ?? 0) + 1;
      return [];
    }),
  );
  // Checked before the first question: a run may take hours.
  for (const { sample, at } of read)
    sample.answers.forEach((answer, index) =>
      metrics[sample.metric].checkTruth?.(`${where}: ${at}: answers[${index}]`, answer),
    );
  checkLanguages(
    where,
    read.map(({ sample: { dataset, metric, answers }, at, language }) => ({ dataset, metric, answers, at, language })),
  );
  return { samples: read.map(({ sample }) => sample), skipped };
};
