/**
 * Runs samples on a model, with greedy answers, and scores them by their metrics.
 *
 *   prompt   truncated in the middle to what the length leaves beside the answer, or to `promptTokens`
 *   answer   up to the dataset's number of tokens; of some datasets its first line counts, and the model is asked for no more
 */
import { check, checkKeys, checkList, oneOf, optional, positive, trueOrFalse, type Keys } from "@ropewalk/check";
import type { LanguageModel, TextCodec } from "@ropewalk/generation";
import { aText } from "../file-params.ts";
import { metricNames, metrics, scoreAnswer } from "../metrics/metric.ts";
import { jieba } from "../metrics/segment.ts";
import { linesOf } from "../metrics/text.ts";
import { fitPrompt, type Fitted } from "../fit-prompt.ts";
import type { LongBenchSample } from "./samples.ts";

export type LongBenchOptions = {
  /** Tokens of prompt and answer together, at most. */
  readonly length: number;
  /** Tokens that a prompt is truncated to, before a chat template is put around it. Absent: what the length leaves. */
  readonly promptTokens?: number | undefined;
  /** Whether prompts are messages in the chat template. Absent: where the checkpoint has one and the dataset is no few-shot or code. */
  readonly chat?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each answer with the answers done and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

/** One answer and what it scores. */
export type LongBenchAnswer = Pick<LongBenchSample, "dataset" | "id" | "metric" | "task" | "length"> & {
  readonly prediction: string;
  /** Of each part of the metric, 0 to 1. */
  readonly scores: readonly number[];
  readonly promptTokens: number;
  /** Whether the prompt's middle was left out. */
  readonly truncated: boolean;
};

/** The parts of a loaded model that are needed for answers. */
export type AnsweringModel = Pick<LanguageModel, "generate" | "text"> & {
  readonly source: Pick<LanguageModel["source"], "name">;
};

const keys: Keys<LongBenchOptions> = {
  length: positive,
  promptTokens: optional(positive),
  chat: optional(trueOrFalse),
  signal: true,
  onProgress: true,
};

const where = "longBench";

const sampleKeys: Keys<LongBenchSample> = {
  dataset: aText,
  id: aText,
  prompt: aText,
  answers: checkList,
  metric: oneOf(metricNames),
  task: aText,
  maxNewTokens: positive,
  firstLine: trueOrFalse,
  chat: trueOrFalse,
  classes: true,
  length: true,
};

const codecOf = ({ text, source }: AnsweringModel, { chat }: LongBenchOptions): TextCodec => {
  if (text === undefined) throw new RangeError(`${where}: ${source.name} must have a tokenizer, got none`);
  check(
    chat !== true || text.encodeChat !== undefined,
    `${where}: chat must be false or absent for ${source.name}, which has no chat template`,
    chat,
  );
  return text;
};

/** @throws RangeError when an answer leaves no room for a prompt */
const checkRoom = ({ maxNewTokens, dataset }: LongBenchSample, { length }: LongBenchOptions): void =>
  check(
    length - maxNewTokens >= 2,
    `${where}: length must leave room for a prompt beside the ${maxNewTokens} tokens of an answer to ${dataset}`,
    length,
  );

const fit = (codec: TextCodec, sample: LongBenchSample, options: LongBenchOptions): Fitted => {
  const { length, promptTokens, chat = sample.chat && codec.encodeChat !== undefined } = options;
  const room = length - sample.maxNewTokens;
  return fitPrompt(where, codec, sample.prompt, { most: Math.min(promptTokens ?? room, room), room, chat });
};

/** The greedy answer. If only its first line counts, generation stops after that line. */
const answerOf = async (
  model: AnsweringModel,
  { ids }: Fitted,
  { maxNewTokens, firstLine }: LongBenchSample,
  signal: AbortSignal | undefined,
): Promise<string> => {
  let text = "";
  const pieces = model.generate(ids, { maxNewTokens, beyondCapacity: "allow", ...(signal && { signal }) });
  for await (const piece of pieces) {
    text += piece;
    if (firstLine && linesOf(text).length > 1) break;
  }
  return firstLine ? linesOf(text)[0]! : text;
};

/**
 * Answers and their scores, in the order of the samples. Lengths beyond the capacity are allowed.
 *
 * @throws RangeError when the model has no tokenizer or the length leaves no room for a prompt; whatever the signal was aborted with
 */
export const longBench = async (
  model: AnsweringModel,
  samples: readonly LongBenchSample[],
  options: LongBenchOptions,
): Promise<readonly LongBenchAnswer[]> => {
  checkKeys<LongBenchOptions>(where, "options", options, keys);
  checkList(where, "samples", samples);
  samples.forEach((sample, index) => checkKeys(where, `samples[${index}]`, sample, sampleKeys));
  const codec = codecOf(model, options);
  const isChinese = samples.some(({ metric }) => metrics[metric].needs === "segment");
  const segment = isChinese ? await jieba() : undefined;
  for (const sample of samples) checkRoom(sample, options);
  const answers: LongBenchAnswer[] = [];
  for (const sample of samples) {
    const prompt = fit(codec, sample, options);
    const prediction = await answerOf(model, prompt, sample, options.signal);
    const { dataset, id, metric, task, length, classes } = sample;
    answers.push({
      dataset,
      id,
      metric,
      task,
      prediction,
      scores: scoreAnswer(metric, prediction, sample.answers, { classes, segment }),
      promptTokens: prompt.ids.length,
      truncated: prompt.truncated,
      ...(length !== undefined && { length }),
    });
    options.onProgress?.(answers.length, samples.length);
  }
  return answers;
};
