export {
  entropies,
  type Entropies,
  type EntropiesOptions,
  type EntropyBucket,
  type EntropyModel,
  type LayerEntropies,
  type MeanEntropy,
} from "./entropies/entropies.ts";
export { entropiesEvaluation, type EntropiesParams, type EntropiesReport } from "./entropies/evaluation.ts";
export type { Evaluation, EvaluationContext, Figure, FoundKeys, LossBucket } from "./evaluation.ts";
export { evaluationOf, evaluations } from "./evaluations.ts";
export { passkeyEvaluation, type PasskeyParams } from "./passkey/evaluation.ts";
export {
  joinedReports,
  perplexityEvaluation,
  textOf,
  type PerplexityParams,
  type PerplexityReport,
  type StatedLoss,
} from "./perplexity/evaluation.ts";
export { examEvaluation, examQuestions, type ExamParams, type ExamResult } from "./exam/evaluation.ts";
export { readQuestions, type ExamQuestion } from "./exam/questions.ts";
export { examReport, type Accuracy, type ExamReport, type ExamScore } from "./exam/report.ts";
export { exam, type ExamAnswer, type ExamModel, type ExamOptions } from "./exam/run-exam.ts";
export type { SamplePart } from "./file-params.ts";
export { longBenchDatasets, lEvalExams, type Dataset } from "./longbench/datasets.ts";
export {
  longBenchEvaluation,
  longBenchSamples,
  type LongBenchParams,
  type LongBenchResult,
} from "./longbench/evaluation.ts";
export { longBenchReport, type DatasetScore, type LongBenchReport } from "./longbench/report.ts";
export {
  longBench,
  type AnsweringModel,
  type LongBenchAnswer,
  type LongBenchOptions,
} from "./longbench/run-longbench.ts";
export { readSamples, type LongBenchSample, type ReadSamples } from "./longbench/samples.ts";
export type { Settings as LongBenchSettings } from "./longbench/settings.ts";
export { jsonLines, textField, type JsonLine, type NamedText } from "./json-lines.ts";
export { editSimilarity, type EditRatio } from "./metrics/edit-similarity.ts";
export {
  metricNames,
  metrics,
  scoreAnswer,
  scoreDataset,
  type Metric,
  type MetricName,
  type ScoreContext,
} from "./metrics/metric.ts";
export { jieba, type Segment } from "./metrics/segment.ts";
export { joinedCells, passkeyCell, type PasskeyCell, type PasskeyStats } from "./passkey/passkey-cell.ts";
export {
  writtenLength,
  writtenPasskeyEvaluation,
  writtenPasskeys,
  type WrittenPasskey,
  type WrittenPasskeyParams,
} from "./passkey/written-prompts.ts";
export { passkeyPrompt, type PasskeyPlace, type PasskeyPrompt } from "./passkey/passkey-prompt.ts";
export {
  englishPasskey,
  passkeyFrom,
  passkeyIn,
  withDigits,
  type KeyLength,
  type PasskeyTemplate,
  type PasskeyLanguage,
  type PasskeyOptions,
  type PasskeyWording,
} from "./passkey/wording.ts";
export {
  perplexity,
  type MeanLoss,
  type Perplexity,
  type PerplexityBucket,
  type PerplexityOptions,
} from "./perplexity/perplexity.ts";
export { canonical, hashOf, sha256, type Json, type JsonObject } from "@ropewalk/models";
export { cellHash, differences, sweepHash, sweepVersion, type CellIdentity } from "./sweep/cell.ts";
export { mergeRecords, type Merged, type Part } from "./sweep/merge-records.ts";
export {
  readRecords,
  recordLine,
  type CellRecord,
  type Records,
  type SweepHeader,
  type SweepRecord,
} from "./sweep/records.ts";
export { checkShard, shardOf, type Shard } from "./sweep/shard.ts";
export { readSweep, type AskedEvaluation, type EntryRule, type Sweep, type SweepRules } from "./sweep/sweep.ts";
export { tokenLosses, tokenLossesOfEach, type LossModel } from "./perplexity/token-losses.ts";
export { tokenStream, type TokenStream } from "./perplexity/token-stream.ts";
export type { Windows } from "./perplexity/windows.ts";
export { lengthSummary, rulerThreshold, type LengthScore, type LengthSummary } from "./ruler/effective-length.ts";
export type { RulerSample } from "./ruler/fit/draft.ts";
export { documentShape, shapeNames, type DocumentShape } from "./ruler/documents.ts";
export { stringMatchAll, stringMatchPart } from "./ruler/string-match.ts";
export {
  openRuler,
  rulerNames,
  rulerNeeds,
  rulerTask,
  type OpenedRuler,
  type RulerName,
  type RulerNeed,
  type RulerOptions,
  type RulerSources,
  type RulerTask,
} from "./ruler/ruler-tasks.ts";
export { checkTask, ownTask } from "./task/custom-task.ts";
export { runTask, type RunTaskOptions, type TaskResult, type TaskRow } from "./task/run-task.ts";
export { isTaskModule, type TaskParams } from "./task/evaluation.ts";
export type { Task, TaskPlace, TaskSample } from "./task/task.ts";
export { everyCandidate, searchSpace, type Candidate, type Space } from "./tune/candidates.ts";
export { sampleLoss, type LossSum, type SampleLoss } from "./tune/measure.ts";
export { tuneSamples, type PromptAndResponse, type TuneSample } from "./tune/samples.ts";
export {
  extensionOfCandidate,
  tune,
  defaultPrefills,
  type TuneOptions,
  type TuneResult,
  type TuneRow,
} from "./tune/tune.ts";
