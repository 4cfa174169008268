/** The tasks that `ropewalk ruler` runs, by name or module, and the files that tasks are drawn from. */
import { closest, show } from "@ropewalk/check";
import {
  documentShape,
  isTaskModule,
  openRuler,
  ownTask,
  rulerNames,
  rulerNeeds,
  type DocumentShape,
  type RulerName,
  type RulerNeed,
  type RulerOptions,
  type Task,
  type TaskParams,
  type TaskPlace,
  shapeNames,
} from "@ropewalk/evals";
import { importDefault } from "../methods/import-module.ts";
import { notice } from "../terminal/notice.ts";
import { readText } from "../input/read-file.ts";

export type Files = {
  readonly essays?: string;
  /** By their shape. */
  readonly documents: Partial<Readonly<Record<DocumentShape, string>>>;
  /** Their texts, by their paths. */
  readonly texts: Readonly<Record<string, string>>;
};

/** A task with its parameters. */
export type AskedTask = {
  readonly name: string;
  readonly params: Pick<TaskParams, "essays" | "documents" | "chat">;
  readonly task: Task;
  /** Throws when the task has no room at that place, as far as this is known before a run. */
  readonly check: (place: TaskPlace) => void;
};

/** @throws Error when one cannot be read, RangeError when two files of documents have one shape */
export const readFiles = async (essays: string | undefined, documents: readonly string[] = []): Promise<Files> => {
  const texts: Record<string, string> = {};
  if (essays !== undefined) texts[essays] = await readText("--essays", essays);
  const byShape: Partial<Record<DocumentShape, string>> = {};
  for (const path of documents) {
    texts[path] = await readText("--documents", path);
    const shape = documentShape(`--documents: ${path}`, texts[path]);
    if (byShape[shape] !== undefined)
      throw new RangeError(`--documents: ${path} must have another shape than ${byShape[shape]}, got the same`);
    byShape[shape] = path;
  }
  return { ...(essays === undefined ? {} : { essays }), documents: byShape, texts };
};

/** The path of the needed file; undefined when it was not given. */
const pathOf = ({ shape }: RulerNeed, { essays, documents }: Files): string | undefined =>
  shape === undefined ? essays : documents[shape];

const lacks = (name: RulerName, files: Files): boolean => {
  const needed = rulerNeeds(name);
  return needed !== undefined && pathOf(needed, files) === undefined;
};

const rulers = (name: RulerName, files: Files, chat: boolean): AskedTask => {
  const needed = rulerNeeds(name);
  const path = needed && pathOf(needed, files);
  if (needed !== undefined && path === undefined) {
    const { source, shape } = needed;
    const what = shape === undefined ? "a text" : `a file of ${shapeNames[shape]}'s JSON`;
    throw new RangeError(`ruler: --${source} must name ${what} for ${name}, got none`);
  }
  const own = needed === undefined ? {} : { [needed.source]: path };
  const options: RulerOptions = { ...(needed && { [needed.source]: files.texts[path!] }), chat };
  return { name, params: { ...own, ...(chat && { chat }) }, ...openRuler(name, options) };
};

const modules = async (path: string): Promise<AskedTask> => {
  const task = ownTask(`--tasks: ${path}`, await importDefault("--tasks", path));
  return { name: path, params: {}, task, check: () => {} };
};

/** @throws RangeError for an unknown name, with the nearest known name; RangeError when a file is missing */
const taskFor = async (name: string, files: Files, chat: boolean): Promise<AskedTask> => {
  if (isTaskModule(name)) return modules(name);
  const known: string | undefined = rulerNames.find((ruler) => ruler === name);
  if (known !== undefined) return rulers(known as RulerName, files, chat);
  const meant = closest(name, rulerNames);
  throw new RangeError(
    `ruler: --tasks must be modules' paths or of ${rulerNames.join(", ")}${meant ? ` (${meant} is meant?)` : ""}, got ${show(name)}`,
  );
};

/**
 * The tasks in their given order. Absent names stand for all tasks of RULER whose files are given.
 *
 * @throws the errors of the tasks' modules, and RangeError when no task reads a given file
 */
export const askedTasks = async (
  names: readonly string[] | undefined,
  files: Files,
  chat: boolean,
): Promise<readonly AskedTask[]> => {
  const missing = rulerNames.filter((name) => lacks(name, files));
  if (names === undefined && missing.length > 0)
    notice(`ruler: ${missing.join(", ")} left out, which need --essays or --documents`);
  const asked = names ?? rulerNames.filter((name) => !missing.includes(name));
  const tasks: AskedTask[] = [];
  for (const name of new Set(asked)) tasks.push(await taskFor(name, files, chat));
  const list = [...asked].join(", ");
  const read = new Set(tasks.flatMap(({ params }) => [params.essays, params.documents]));
  const unread = Object.keys(files.texts).find((path) => !read.has(path));
  if (unread !== undefined) {
    const flag = unread === files.essays ? "--essays" : "--documents";
    throw new RangeError(`ruler: ${flag} is not read by ${list}, got ${show(unread)}`);
  }
  if (chat && tasks.every(({ params }) => params.chat === undefined))
    throw new RangeError(`ruler: --chat is not read by ${list}, whose prompts are their own, got it`);
  return tasks;
};
