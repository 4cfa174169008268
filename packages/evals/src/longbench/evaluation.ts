/** LongBench's and L-Eval's files as an evaluation. */
import { checkKeys, optional, positive, trueOrFalse, type Keys, type Rule } from "@ropewalk/check";
import type { Evaluation, EvaluationContext } from "../evaluation.ts";
import { aName, aPart, names, partOf, type SamplePart } from "../file-params.ts";
import type { MetricName } from "../metrics/metric.ts";
import { longBenchReport, type LongBenchReport } from "./report.ts";
import { longBench, type LongBenchAnswer } from "./run-longbench.ts";
import { readSamples, type LongBenchSample, type ReadSamples } from "./samples.ts";
import { aMetric, aPrompt, readTable, someTokens, type Settings } from "./settings.ts";

export type LongBenchParams = {
  /** Files of JSON lines. */
  readonly data: readonly string[];
  /** A file with the prompts by dataset, as LongBench's dataset2prompt.json. */
  readonly prompts: string;
  /** A file with the longest answer of each dataset in tokens, as dataset2maxlen.json. Absent: the published numbers. */
  readonly maxNew?: string;
  /** A file with the metrics by dataset. Absent: the published ones. */
  readonly metrics?: string;
  /** Tokens of prompt and answer together, at most. */
  readonly length: number;
  readonly promptTokens?: number;
  /** How many samples of each dataset, from the first on. Absent: all. */
  readonly limit?: number;
  readonly chat?: boolean;
  /** One of several parts of the samples, so that several processes can share them. Absent: all samples. */
  readonly part?: SamplePart;
};

export type LongBenchResult = LongBenchReport & {
  readonly answers: readonly LongBenchAnswer[];
  /** How many lines people or models must judge, by who judges. */
  readonly skipped: Readonly<Record<string, number>>;
};

const keys: Keys<LongBenchParams> = {
  data: names,
  prompts: aName,
  maxNew: optional(aName),
  metrics: optional(aName),
  length: positive,
  promptTokens: optional(positive),
  limit: optional(positive),
  chat: optional(trueOrFalse),
  part: optional(aPart),
};

const settingsOf = async (
  { prompts, maxNew, metrics }: LongBenchParams,
  read: EvaluationContext["read"],
): Promise<Settings> => {
  const table = async <Value>(name: string, checkValue: Rule) =>
    readTable<Value>("longbench", { name, text: await read(name) }, checkValue);
  return {
    prompts: await table<string>(prompts, aPrompt),
    ...(maxNew !== undefined && { maxNewTokens: await table<number>(maxNew, someTokens) }),
    ...(metrics !== undefined && { metrics: await table<MetricName>(metrics, aMetric) }),
  };
};

/** The first `limit` samples of each dataset. */
const limited = (samples: readonly LongBenchSample[], limit = Infinity): readonly LongBenchSample[] => {
  const counts = new Map<string, number>();
  const first: LongBenchSample[] = [];
  for (const sample of samples) {
    const before = counts.get(sample.dataset) ?? 0;
    counts.set(sample.dataset, before + 1);
    if (before < limit) first.push(sample);
  }
  return first;
};

/**
 * The samples that parameters name.
 *
 * @throws TypeError and RangeError that name the file and the line
 */
export const longBenchSamples = async (
  params: LongBenchParams,
  read: EvaluationContext["read"],
): Promise<ReadSamples> => {
  const settings = await settingsOf(params, read);
  const files = await Promise.all(params.data.map(async (name) => ({ name, text: await read(name) })));
  const { samples, skipped } = readSamples(files, settings);
  if (samples.length === 0)
    throw new RangeError(
      `longbench: data must have a line that a metric scores, got those for ${Object.keys(skipped).join(" and ")} alone`,
    );
  const { limit, part } = params;
  return { samples: partOf(limited(samples, limit), part), skipped };
};

export const longBenchEvaluation: Evaluation<LongBenchParams, LongBenchResult> = {
  kind: "longbench",
  lists: ["data"],
  files: ({ data, prompts, maxNew, metrics }) => [
    ...data,
    prompts,
    ...[maxNew, metrics].filter((name) => name !== undefined),
  ],
  check: (where, params) => checkKeys(where, "params", params as LongBenchParams, keys),
  length: ({ length }) => length,
  figures: ({ average, averageByTask }) => [
    { name: "score, mean of datasets", value: average, better: "high" },
    { name: "score, mean of tasks", value: averageByTask, better: "high" },
  ],
  run: async (model, params, { read, signal, onProgress }) => {
    const { samples, skipped } = await longBenchSamples(params, read);
    const { length, promptTokens, chat } = params;
    const answers = await longBench(model, samples, { length, promptTokens, chat, signal, onProgress });
    return { ...longBenchReport(answers), answers, skipped };
  },
};
