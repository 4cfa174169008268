/**
 * Scores as the papers print them: by dataset, by task and over all.
 *
 *   dataset   100 times the mean of its answers' scores
 *   task      the mean of its datasets
 *   average   the mean of the datasets: every dataset counts alike, however many answers it has
 *   by task   the mean of the tasks
 */
import { checkList } from "@ropewalk/check";
import { scoreDataset, type MetricName } from "../metrics/metric.ts";
import type { LongBenchAnswer } from "./run-longbench.ts";

/** By how long the text is, as LongBench-E counts it. */
const bands = [
  { name: "0-4k", holds: (length: number) => length < 4000 },
  { name: "4-8k", holds: (length: number) => length >= 4000 && length < 8000 },
  { name: "8k+", holds: (length: number) => length >= 8000 },
] as const;

export type DatasetScore = {
  readonly dataset: string;
  readonly task: string;
  readonly metric: MetricName;
  /** 0 to 100. */
  readonly score: number;
  readonly answers: number;
  /** Answers to prompts whose middle was left out. */
  readonly truncated: number;
  /** Scores by how long the text is, where the data says it. */
  readonly byLength: Readonly<Record<string, number>>;
};

export type LongBenchReport = {
  readonly datasets: readonly DatasetScore[];
  readonly tasks: readonly { readonly task: string; readonly score: number }[];
  /** Of the datasets. */
  readonly average: number;
  /** Of the tasks. */
  readonly averageByTask: number;
};

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

const datasetScore = (answers: readonly LongBenchAnswer[]): DatasetScore => {
  const { dataset, task, metric } = answers[0]!;
  const scoreOf = (some: readonly LongBenchAnswer[]): number => scoreDataset(some.map(({ scores }) => scores));
  const byLength = bands.flatMap(({ name, holds }) => {
    const own = answers.filter(({ length }) => length !== undefined && holds(length));
    return own.length === 0 ? [] : [[name, scoreOf(own)] as const];
  });
  return {
    dataset,
    task,
    metric,
    score: scoreOf(answers),
    answers: answers.length,
    truncated: answers.filter(({ truncated }) => truncated).length,
    byLength: Object.fromEntries(byLength),
  };
};

/** Scores of answers in any order. */
export const longBenchReport = (answers: readonly LongBenchAnswer[]): LongBenchReport => {
  checkList("longBenchReport", "answers", answers);
  const named = [...new Set(answers.map(({ dataset }) => dataset))];
  const datasets = named.map((name) => datasetScore(answers.filter(({ dataset }) => dataset === name)));
  const tasks = [...new Set(datasets.map(({ task }) => task))].map((task) => ({
    task,
    score: mean(datasets.filter((each) => each.task === task).map(({ score }) => score)),
  }));
  return {
    datasets,
    tasks,
    average: mean(datasets.map(({ score }) => score)),
    averageByTask: mean(tasks.map(({ score }) => score)),
  };
};
