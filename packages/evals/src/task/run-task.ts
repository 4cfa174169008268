/** Runs a task on a model: its samples, the model's answers, and their scores. */
import { check, checkKeys, number, positive, show, type Keys } from "@ropewalk/check";
import type { ChatMessage, LanguageModel, Prompt, TextCodec } from "@ropewalk/generation";
import { checkTask } from "./custom-task.ts";
import type { Task, TaskSample } from "./task.ts";

export type TaskRow = {
  readonly answer: string;
  readonly answers: readonly string[];
  /** From 0, wrong, to 1, right. */
  readonly score: number;
  readonly promptTokens: number;
};

export type TaskResult = {
  readonly task: string;
  readonly length: number;
  /** The mean over the rows. */
  readonly score: number;
  readonly rows: readonly TaskRow[];
};

export type RunTaskOptions = {
  /** Tokens of prompt and answer together. */
  readonly length: number;
  readonly samples: number;
  /** The same seed gives the same samples. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each sample with those done and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

const optionKeys: Keys<RunTaskOptions> = {
  length: positive,
  samples: positive,
  seed: number("an integer", Number.isSafeInteger),
  signal: true,
  onProgress: true,
};

const isIds = (prompt: readonly number[] | readonly ChatMessage[]): prompt is readonly number[] =>
  typeof prompt[0] !== "object";

/** The prompt as the model reads it. */
const idsOf = (where: string, codec: TextCodec, prompt: Prompt): readonly number[] => {
  if (typeof prompt === "string") return codec.encode(prompt);
  if (!Array.isArray(prompt)) throw new TypeError(`${where} must be text, token ids or messages, got ${show(prompt)}`);
  const list = prompt as readonly number[] | readonly ChatMessage[];
  if (isIds(list)) return list;
  if (codec.encodeChat === undefined)
    throw new TypeError(`${where} must be text or token ids for a model without a chat template, got messages`);
  return codec.encodeChat(list);
};

/** Waits for a task's value or an abort, because a user's task may never answer. */
const unlessAborted = async <Value>(given: Value | Promise<Value>, signal: AbortSignal | undefined): Promise<Value> => {
  if (signal === undefined) return given;
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([given, aborted]).finally(() => signal.removeEventListener("abort", stop));
};

/** The samples of a task, checked for their number and length. */
const samplesOf = async <Sample extends TaskSample>(
  task: Task<Sample>,
  codec: TextCodec,
  { length, samples, seed, signal }: RunTaskOptions,
): Promise<readonly { readonly sample: Sample; readonly ids: readonly number[] }[]> => {
  const { name, maxNewTokens } = task;
  const drawn = await unlessAborted(task.samples({ codec, length, samples, seed }), signal);
  const where = `runTask: ${name}'s samples`;
  if (!Array.isArray(drawn)) throw new TypeError(`${where} must be a list, got ${show(drawn)}`);
  check(drawn.length === samples, `${where} must be as many as are asked for, ${samples}`, drawn.length);
  const list = drawn as readonly Sample[];
  return list.map((sample, index) => {
    const at = `${where}[${index}]`;
    if (typeof sample !== "object" || sample === null)
      throw new TypeError(`${at} must be an object, got ${show(sample)}`);
    const { prompt, answers } = sample;
    const texts = Array.isArray(answers) && answers.every((answer) => typeof answer === "string");
    if (!texts) throw new TypeError(`${at}.answers must be a list of texts, got ${show(answers)}`);
    const ids = idsOf(`${at}.prompt`, codec, prompt);
    const room = length - maxNewTokens;
    check(
      ids.length <= room,
      `${at}.prompt must be at most ${room} tokens, ${length} without the answer's`,
      ids.length,
    );
    return { sample, ids };
  });
};

/**
 * Runs a task with greedy answers. Lengths beyond the capacity are allowed. Equal numbers give equal samples under every extension.
 *
 * @throws RangeError when the model has no tokenizer, a number is out of range, or the task gives other samples than it was asked for or
 *   a score outside 0 to 1; TypeError when it is no task; whatever the task throws, or the signal was aborted with
 */
export const runTask = async <Sample extends TaskSample>(
  task: Task<Sample>,
  model: LanguageModel,
  options: RunTaskOptions,
): Promise<TaskResult> => {
  checkTask("runTask", task);
  const { length, samples, signal, onProgress } = checkKeys("runTask", "options", options, optionKeys);
  const { text } = model;
  if (text === undefined) throw new RangeError(`runTask: ${model.source.name} must have a tokenizer, got none`);
  const { name, maxNewTokens } = task;
  const rows: TaskRow[] = [];
  for (const { ids, sample } of await samplesOf(task, text, options)) {
    const answered: number[] = [];
    const tokens = model.generateTokens(ids, {
      maxNewTokens,
      beyondCapacity: "allow",
      ...(signal ? { signal } : {}),
    });
    for await (const token of tokens) answered.push(token);
    const answer = text.decode(answered);
    const score = task.score(answer, sample);
    const right = typeof score === "number" && score >= 0 && score <= 1;
    check(right, `runTask: ${name}'s score of samples[${rows.length}] must be from 0 to 1`, score, "number");
    rows.push({ answer, answers: sample.answers, score, promptTokens: ids.length });
    onProgress?.(rows.length, samples);
  }
  return { task: name, length, score: rows.reduce((sum, row) => sum + row.score, 0) / rows.length, rows };
};
