/** What a user gives beside the data: prompts by dataset and, where they differ from the table, answer lengths and metrics. */
import { check, checkInteger, checkOneOf, closest, show, showName } from "@ropewalk/check";
import type { NamedText } from "../json-lines.ts";
import { metricNames, type MetricName } from "../metrics/metric.ts";
import { lEvalExams, longBenchDatasets, type Dataset } from "./datasets.ts";

/** Tables by dataset, each in the form of LongBench's own files. */
export type Settings = {
  /** As dataset2prompt.json. */
  readonly prompts: Readonly<Record<string, string>>;
  /** As dataset2maxlen.json. */
  readonly maxNewTokens?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, MetricName>>;
};

/**
 * Reads a table by dataset from a file.
 *
 * @throws TypeError and RangeError that name the file, the dataset, the rule and the value
 */
export const readTable = <Value>(
  where: string,
  { name, text }: NamedText,
  checkValue: (where: string, name: string, value: unknown) => void,
): Readonly<Record<string, Value>> => {
  const file = showName(name);
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${where}: ${file} must be JSON, got ${show((error as Error).message)}`, { cause: error });
  }
  const isObject = typeof table === "object" && table !== null && !Array.isArray(table);
  if (!isObject) throw new TypeError(`${where}: ${file} must be an object by dataset, got ${show(table)}`);
  const entries = Object.entries(table as object);
  check(entries.length > 0, `${where}: ${file} must have at least 1 dataset`, entries.length);
  for (const [dataset, value] of entries) checkValue(where, `${file}: ${showName(dataset)}`, value);
  return table as Readonly<Record<string, Value>>;
};

export const aPrompt = (where: string, name: string, value: unknown): void =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be a prompt`, value, "string");

export const someTokens = (where: string, name: string, value: unknown): void => checkInteger(where, name, value, 1);

export const aMetric = (where: string, name: string, value: unknown): void =>
  checkOneOf(where, name, value, metricNames);

const own = <Value>(table: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

/** Some datasets have a file of their own in LongBench-E, with the same prompts and metrics. */
const plainName = (dataset: string): string => dataset.replace(/_e$/, "");

/** How a dataset is asked and scored. */
export type Resolved = Omit<Dataset, "task"> & { readonly task: string; readonly prompt: string };

const missing = (
  where: string,
  at: string,
  dataset: string,
  what: string,
  known: readonly string[],
  of: string,
): RangeError => {
  const meant = closest(dataset, known);
  return new RangeError(
    `${where}: dataset of ${at} must have ${what}, got ${show(dataset)}${meant === undefined ? `; known are ${known.join(", ")}; another's is given in ${of}` : `; ${meant} is meant?`}`,
  );
};

/**
 * The settings of a line's dataset.
 *
 * @param row - of the table, where the line itself says what it is scored by
 * @throws RangeError that names the dataset and the nearest known one, when it has no prompt, metric or number of tokens
 */
export const resolve = (
  where: string,
  at: string,
  dataset: string,
  settings: Settings,
  row: Dataset | undefined = own(longBenchDatasets, plainName(dataset)),
): Resolved => {
  const of = <Value>(table: Readonly<Record<string, Value>> | undefined): Value | undefined =>
    own(table, dataset) ?? own(table, plainName(dataset));
  const { prompts } = settings;
  const prompt = of(prompts);
  if (prompt === undefined) throw missing(where, at, dataset, "a prompt", Object.keys(prompts), "prompts");
  const metric = of(settings.metrics) ?? row?.metric;
  const known = [...Object.keys(longBenchDatasets), ...Object.keys(lEvalExams)];
  if (metric === undefined) throw missing(where, at, dataset, "a metric", known, "metrics");
  const maxNewTokens = of(settings.maxNewTokens) ?? row?.maxNewTokens;
  if (maxNewTokens === undefined) throw missing(where, at, dataset, "a number of new tokens", known, "maxNewTokens");
  return { task: "other", ...row, metric, maxNewTokens, prompt };
};
