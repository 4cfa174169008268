/**
 * The table of metrics, one row for each name. A metric compares an answer with a right answer, the truth, and gives a score from 0 to 1. Some
 * metrics give several scores, its parts.
 *
 *   score of an answer    for each part, the best over all truths
 *   score of a dataset    100 times the mean over its answers; if there are several parts, the geometric mean of their means
 */
import { check, checkKeys, checkList, checkOneOf } from "@ropewalk/check";
import { classification } from "./classification.ts";
import { editSimilarity } from "./edit-similarity.ts";
import { choice, choices, codeOutput, exactMatch, judgement, numberAnswer } from "./exact-match.ts";
import { chineseF1, f1 } from "./f1.ts";
import { chineseRetrieval, count, namesParagraph, namesPassage, retrieval } from "./numbers.ts";
import { chineseRougeL, rougeL } from "./rouge-l.ts";
import { rouges } from "./rouge-mean.ts";
import type { Segment } from "./segment.ts";

/** Some metrics need more than the two texts. */
export type ScoreContext = {
  /** All classes of a classification, in the order of its data. */
  readonly classes?: readonly string[] | undefined;
  /** Cuts Chinese texts into words. */
  readonly segment?: Segment | undefined;
};

export type Metric = {
  readonly about: string;
  /** The language of the words that the metric compares. Absent: any. */
  readonly language?: "en" | "zh";
  readonly needs?: keyof ScoreContext;
  /** Throws for a truth that the metric cannot use; its message begins with the rule. Absent: any text will do. */
  readonly checkTruth?: (rule: string, truth: string) => void;
  /** The parts that make a dataset's score. */
  readonly parts: readonly string[];
  readonly score: (prediction: string, truth: string, context: ScoreContext) => readonly number[];
};

export type MetricName =
  | ("f1" | "f1-zh" | "rouge-l" | "rouge-l-zh" | "rouge" | "classification" | "edit-similarity")
  | ("count" | "retrieval" | "retrieval-zh")
  | ("exact-match" | "choice" | "choices" | "number" | "code-output" | "judgement");

export const metrics: Readonly<Record<MetricName, Metric>> = {
  f1: {
    about: "F1 over words",
    language: "en",
    parts: ["f1"],
    score: (prediction, truth) => [f1(prediction, truth)],
  },
  "f1-zh": {
    about: "F1 over Chinese words",
    language: "zh",
    needs: "segment",
    parts: ["f1"],
    score: (prediction, truth, { segment }) => [chineseF1(segment!, prediction, truth)],
  },
  "rouge-l": {
    about: "ROUGE-L of summaries",
    language: "en",
    parts: ["rouge-l"],
    score: (prediction, truth) => [rougeL(prediction, truth)],
  },
  "rouge-l-zh": {
    about: "ROUGE-L over Chinese words",
    language: "zh",
    needs: "segment",
    parts: ["rouge-l"],
    score: (prediction, truth, { segment }) => [chineseRougeL(segment!, prediction, truth)],
  },
  rouge: {
    about: "ROUGE-1, -2 and -L, their geometric mean",
    language: "en",
    parts: ["rouge-1", "rouge-2", "rouge-l"],
    score: (prediction, truth) => rouges(prediction, truth),
  },
  classification: {
    about: "the one class that is named",
    needs: "classes",
    parts: ["accuracy"],
    score: (prediction, truth, { classes }) => [classification(classes!, prediction, truth)],
  },
  "edit-similarity": {
    about: "how alike a line of code is",
    parts: ["similarity"],
    score: (prediction, truth) => [editSimilarity(prediction, truth)],
  },
  count: {
    about: "the share of the right number among those named",
    parts: ["accuracy"],
    score: (prediction, truth) => [count(prediction, truth)],
  },
  retrieval: {
    about: "the share of the right paragraph among the numbers named",
    language: "en",
    checkTruth: namesParagraph,
    parts: ["accuracy"],
    score: (prediction, truth) => [retrieval(prediction, truth)],
  },
  "retrieval-zh": {
    about: "the same of Chinese passages",
    language: "zh",
    checkTruth: namesPassage,
    parts: ["accuracy"],
    score: (prediction, truth) => [chineseRetrieval(prediction, truth)],
  },
  "exact-match": {
    about: "the truth is in the answer, or the same number, or the same letters of choices",
    parts: ["accuracy"],
    score: (prediction, truth) => [exactMatch(prediction, truth)],
  },
  choice: {
    about: "the first of A to D that is named",
    parts: ["accuracy"],
    score: (prediction, truth) => [choice(prediction, truth)],
  },
  choices: {
    about: "all of A to D that are named; a quarter for a part of the right ones",
    parts: ["accuracy"],
    score: (prediction, truth) => [choices(prediction, truth)],
  },
  number: {
    about: "the number that is the answer",
    parts: ["accuracy"],
    score: (prediction, truth) => [numberAnswer(prediction, truth)],
  },
  "code-output": {
    about: "what a program prints",
    parts: ["accuracy"],
    score: (prediction, truth) => [codeOutput(prediction, truth)],
  },
  judgement: {
    about: "true or false",
    language: "en",
    parts: ["accuracy"],
    score: (prediction, truth) => [judgement(prediction, truth)],
  },
};

export const metricNames: readonly MetricName[] = Object.keys(metrics) as readonly MetricName[];

/**
 * The score of an answer: for each part of the metric, the best over the truths.
 *
 * @throws TypeError when an answer or a truth is no text, RangeError when the metric is not known, there is no truth, or what it needs
 *   is missing
 */
export const scoreAnswer = (
  name: MetricName,
  prediction: string,
  truths: readonly string[],
  context: ScoreContext = {},
): readonly number[] => {
  checkOneOf("scoreAnswer", "name", name, metricNames);
  check(typeof prediction === "string", "scoreAnswer: prediction must be text", prediction, "string");
  checkList("scoreAnswer", "truths", truths);
  truths.forEach((truth, index) =>
    check(typeof truth === "string", `scoreAnswer: truths[${index}] must be text`, truth, "string"),
  );
  checkKeys<ScoreContext>("scoreAnswer", "context", context, { classes: true, segment: true });
  const { parts, needs, score } = metrics[name];
  check(
    needs === undefined || context[needs] !== undefined,
    `scoreAnswer: context must have ${needs} for ${name}`,
    undefined,
  );
  const scores = truths.map((truth) => score(prediction, truth, context));
  return parts.map((_, part) => Math.max(...scores.map((each) => each[part]!)));
};

/** 100 times the mean; if there are several parts, the geometric mean of their means. NaN without answers. */
export const scoreDataset = (answers: readonly (readonly number[])[]): number => {
  const means = (answers[0] ?? [NaN]).map(
    (_, part) => answers.reduce((sum, parts) => sum + parts[part]!, 0) / answers.length,
  );
  return 100 * means.reduce((product, mean) => product * mean, 1) ** (1 / means.length);
};
