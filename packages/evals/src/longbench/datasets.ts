/** The datasets of LongBench (arXiv 2308.14508) and L-Eval (arXiv 2307.11088), a row each. */
import type { MetricName } from "../metrics/metric.ts";

export type Dataset = {
  readonly metric: MetricName;
  /** What kind of task it is, as the papers group them. */
  readonly task: string;
  /** Tokens of an answer, at most. */
  readonly maxNewTokens: number;
  /** Only the first line of an answer is scored. */
  readonly firstLine?: true;
  /** The prompt ends in examples or code to be continued, so it is not put into a chat template. */
  readonly chat?: false;
};

const single = "single-document QA";
const several = "multi-document QA";
const summary = "summarization";
const fewShot = "few-shot";
const synthetic = "synthetic";
const code = "code";

export const longBenchDatasets: Readonly<Record<string, Dataset>> = {
  narrativeqa: { metric: "f1", task: single, maxNewTokens: 128 },
  qasper: { metric: "f1", task: single, maxNewTokens: 128 },
  multifieldqa_en: { metric: "f1", task: single, maxNewTokens: 64 },
  multifieldqa_zh: { metric: "f1-zh", task: single, maxNewTokens: 64 },
  hotpotqa: { metric: "f1", task: several, maxNewTokens: 32 },
  "2wikimqa": { metric: "f1", task: several, maxNewTokens: 32 },
  musique: { metric: "f1", task: several, maxNewTokens: 32 },
  dureader: { metric: "rouge-l-zh", task: several, maxNewTokens: 128 },
  gov_report: { metric: "rouge-l", task: summary, maxNewTokens: 512 },
  qmsum: { metric: "rouge-l", task: summary, maxNewTokens: 512 },
  multi_news: { metric: "rouge-l", task: summary, maxNewTokens: 512 },
  vcsum: { metric: "rouge-l-zh", task: summary, maxNewTokens: 512 },
  trec: { metric: "classification", task: fewShot, maxNewTokens: 64, firstLine: true, chat: false },
  triviaqa: { metric: "f1", task: fewShot, maxNewTokens: 32, firstLine: true, chat: false },
  samsum: { metric: "rouge-l", task: fewShot, maxNewTokens: 128, firstLine: true, chat: false },
  lsht: { metric: "classification", task: fewShot, maxNewTokens: 64, firstLine: true, chat: false },
  passage_count: { metric: "count", task: synthetic, maxNewTokens: 32 },
  passage_retrieval_en: { metric: "retrieval", task: synthetic, maxNewTokens: 32 },
  passage_retrieval_zh: { metric: "retrieval-zh", task: synthetic, maxNewTokens: 32 },
  lcc: { metric: "edit-similarity", task: code, maxNewTokens: 64, chat: false },
  "repobench-p": { metric: "edit-similarity", task: code, maxNewTokens: 64, chat: false },
};

const closed = "closed-ended";
const open = "open-ended";

/** L-Eval's exams each have their own way to read an answer. All other lines of L-Eval state their metric themselves. */
export const lEvalExams: Readonly<Record<string, Dataset>> = {
  coursera: { metric: "choices", task: closed, maxNewTokens: 512 },
  quality: { metric: "choice", task: closed, maxNewTokens: 512 },
  tpo: { metric: "choice", task: closed, maxNewTokens: 512 },
  gsm100: { metric: "number", task: closed, maxNewTokens: 512, chat: false },
  codeU: { metric: "code-output", task: closed, maxNewTokens: 512, chat: false },
  topic_retrieval_longchat: { metric: "exact-match", task: closed, maxNewTokens: 512 },
  sci_fi: { metric: "judgement", task: closed, maxNewTokens: 512 },
};

/** Metrics by what a line of L-Eval states under `evaluation`; undefined where people or models judge. */
export const lEvalKinds: Readonly<Record<string, Dataset | undefined>> = {
  exam: { metric: "exact-match", task: closed, maxNewTokens: 512 },
  f1: { metric: "f1", task: open, maxNewTokens: 512 },
  rouge: { metric: "rouge", task: open, maxNewTokens: 512 },
  human: undefined,
  LLM: undefined,
};
