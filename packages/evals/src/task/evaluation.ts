/** A task as an evaluation: one of RULER's by name, or a user's by its module's path. */
import {
  check,
  checkKeys,
  closest,
  number,
  optional,
  positive,
  trueOrFalse,
  type Keys,
  type Rule,
} from "@ropewalk/check";
import type { Evaluation, EvaluationContext } from "../evaluation.ts";
import { ownTask } from "./custom-task.ts";
import { rulerNames, rulerNeeds, rulerTask, type RulerName } from "../ruler/ruler-tasks.ts";
import { runTask, type TaskResult } from "./run-task.ts";
import type { Task } from "./task.ts";

export type TaskParams = {
  /** The name of one of RULER's tasks, or the path of a module whose default export is a task. */
  readonly task: string;
  /** Tokens of prompt and answer together. */
  readonly length: number;
  /** Default 10. */
  readonly samples: number;
  /** The same seed gives the same samples. Default 42. */
  readonly seed: number;
  /** A file of prose, and a file of questions over documents. Files that the task does not read are left out. */
  readonly essays?: string;
  readonly documents?: string;
  /** Prompts of RULER's are messages to the assistant. Default false. */
  readonly chat?: boolean;
};

/** Whether a task is given as a module's path. */
export const isTaskModule = (task: string): boolean => /[\\/]/.test(task) || /\.[cm]?[jt]s$/.test(task);

const isRuler = (task: string): task is RulerName => (rulerNames as readonly string[]).includes(task);

const taskName: Rule = (where, name, value) => {
  const rule = `${where}: ${name} must be a module's path or one of ${rulerNames.join(", ")}`;
  check(typeof value === "string", rule, value, "string");
  if (isTaskModule(value) || isRuler(value)) return;
  const meant = closest(value, rulerNames);
  check(false, meant === undefined ? rule : `${rule} (${meant} is meant?)`, value);
};

const file: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be a file's name`, value, "string");

/** The parameters before defaults are filled in. */
type Asked = Omit<TaskParams, "samples" | "seed"> & Partial<TaskParams>;

const keys: Keys<TaskParams> = {
  task: taskName,
  length: positive,
  samples: optional(positive),
  seed: optional(number("an integer", Number.isSafeInteger)),
  essays: optional(file),
  documents: optional(file),
  chat: optional(trueOrFalse),
};

const checkParams = (where: string, params: unknown): TaskParams => {
  const asked = checkKeys<Asked>(where, "params", params as Asked, keys);
  const { task, length, samples = 10, seed = 42, chat = false } = asked;
  const own = { task, length, samples, seed };
  if (!isRuler(task)) return own;
  const needed = rulerNeeds(task)?.source;
  const name = needed && asked[needed];
  check(needed === undefined || name !== undefined, `${where}: ${needed} must name a file for ${task}`, name);
  return { ...own, ...(needed && { [needed]: name }), ...(chat && { chat }) };
};

const taskFor = async (
  { task, essays, documents, chat }: TaskParams,
  { read, load }: EvaluationContext,
): Promise<Task> => {
  if (!isRuler(task)) return ownTask(`task: ${task}`, await load(task));
  return rulerTask(task, {
    essays: essays === undefined ? undefined : await read(essays),
    documents: documents === undefined ? undefined : await read(documents),
    chat,
  });
};

export const taskEvaluation: Evaluation<TaskParams, TaskResult> = {
  kind: "task",
  files: ({ task, essays, documents }) =>
    [isRuler(task) ? undefined : task, essays, documents].filter((name) => name !== undefined),
  check: checkParams,
  length: ({ length }) => length,
  tokens: ({ length, samples }) => length * samples,
  figures: ({ score }) => [{ name: "score", value: score, share: true }],
  run: async (model, params, context) => {
    const { length, samples, seed } = params;
    const { signal } = context;
    // In tokens, as in other kinds, because longer samples are more work.
    const onProgress = (done: number, total: number): void => context.onProgress?.(done * length, total * length);
    const options = { length, samples, seed, signal, onProgress };
    return runTask(await taskFor(params, context), model, options);
  },
};
