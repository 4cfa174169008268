/** What `ropewalk ruler` is asked for: tasks by their names or modules, and the files that they are made of. */
import { closest, show } from "@ropewalk/check";
import {
  checkRulerPlace,
  documentShape,
  isTaskModule,
  ownTask,
  rulerNames,
  rulerNeeds,
  type DocumentShape,
  type RulerName,
  type RulerSources,
  type Task,
  type TaskParams,
  type TaskPlace,
  rulerTask,
} from "@ropewalk/evals";
import { importDefault } from "../module.ts";
import { notice } from "../notice.ts";
import { readText } from "../read-input.ts";

/** Texts of files by their paths. */
type Texts = Readonly<Record<string, string>>;

export type Files = {
  readonly essays?: string;
  /** By their shape. */
  readonly documents: Partial<Readonly<Record<DocumentShape, string>>>;
  readonly texts: Texts;
};

/** A task to be run, and what it takes to run it at any place. */
export type AskedTask = {
  readonly name: string;
  readonly files: Pick<TaskParams, "essays" | "documents">;
  readonly open: () => Promise<Task>;
  /** Whether it has room there, as far as that can be told without running it. */
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

const shapes: Partial<Readonly<Record<RulerName, DocumentShape>>> = { qa_1: "squad", qa_2: "hotpotqa" };

const whatShape: Readonly<Record<DocumentShape, string>> = { squad: "SQuAD's JSON", hotpotqa: "HotpotQA's JSON" };

/** The file that the task is made of, where it is there; undefined where it is not, nothing where none is needed. */
const fileFor = (name: RulerName, { essays, documents }: Files): AskedTask["files"] | undefined => {
  const needed = rulerNeeds(name);
  if (needed === undefined) return {};
  const path = needed === "essays" ? essays : documents[shapes[name]!];
  return path === undefined ? undefined : { [needed]: path };
};

const rulers = (name: RulerName, files: Files): AskedTask => {
  const own = fileFor(name, files);
  if (own === undefined) {
    const flag =
      rulerNeeds(name) === "essays"
        ? "--essays must name a text"
        : `--documents must name a file of ${whatShape[shapes[name]!]}`;
    throw new RangeError(`ruler: ${flag} for ${name}, got none`);
  }
  const sources: RulerSources = Object.fromEntries(
    Object.entries(own).map(([source, path]) => [source, files.texts[path]]),
  );
  return {
    ...{ name, files: own },
    open: async () => rulerTask(name, sources),
    check: (place) => checkRulerPlace(name, sources, place),
  };
};

const modules = async (path: string): Promise<AskedTask> => {
  const task = ownTask(`--tasks: ${path}`, await importDefault("--tasks", path));
  return { name: path, files: {}, open: async () => task, check: () => {} };
};

/** @throws RangeError with the nearest name where a name is none, and when a file is missing or nothing reads it */
const taskFor = async (name: string, files: Files): Promise<AskedTask> => {
  if (isTaskModule(name)) return modules(name);
  const known: string | undefined = rulerNames.find((ruler) => ruler === name);
  if (known !== undefined) return rulers(known as RulerName, files);
  const meant = closest(name, rulerNames);
  throw new RangeError(
    `ruler: --tasks must be modules' paths or of ${rulerNames.join(", ")}${meant ? ` (${meant} is meant?)` : ""}, got ${show(name)}`,
  );
};

/**
 * The tasks, in the order they were asked for; where none was, all of RULER's whose files are there.
 *
 * @throws as `readFiles` and the tasks' modules do, and RangeError when nothing reads a file
 */
export const askedTasks = async (names: readonly string[] | undefined, files: Files): Promise<readonly AskedTask[]> => {
  const missing = rulerNames.filter((name) => fileFor(name, files) === undefined);
  if (names === undefined && missing.length > 0)
    notice(`ruler: ${missing.join(", ")} left out, which need --essays or --documents`);
  const asked = names ?? rulerNames.filter((name) => !missing.includes(name));
  const tasks: AskedTask[] = [];
  for (const name of new Set(asked)) tasks.push(await taskFor(name, files));
  const read = new Set(tasks.flatMap((task) => Object.values(task.files)));
  const unread = Object.keys(files.texts).find((path) => !read.has(path));
  if (unread !== undefined) {
    const flag = unread === files.essays ? "--essays" : "--documents";
    throw new RangeError(`ruler: ${flag} is not read by ${[...asked].join(", ")}, got ${show(unread)}`);
  }
  return tasks;
};
