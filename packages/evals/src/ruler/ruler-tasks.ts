/**
 * RULER's thirteen tasks, arXiv 2404.06654: their names, parameters, answer prefixes, tokens to generate and scores. Draws and
 * instructions are the project's own, so results compare with others of this package, and only roughly with RULER's own.
 */
import { check, checkKeys, checkOneOf, number, optional, positive, trueOrFalse } from "@ropewalk/check";
import type { Task, TaskPlace } from "../task/task.ts";
import { commonWordsTask } from "./kinds/common-words.ts";
import { readDocuments, shapeNames, type DocumentShape } from "./documents.ts";
import { fitted, leastTokens, readingOf, type Draft, type Reading, type RulerSample } from "./fit/draft.ts";
import { streamOf } from "./random-draws.ts";
import { frequentWordsTask } from "./kinds/frequent-words.ts";
import type { RulerKind, Sources } from "./kinds/kind.ts";
import { niah } from "./kinds/needles.ts";
import { questions } from "./kinds/questions.ts";
import { variableTracking } from "./kinds/variable-tracking.ts";

export type RulerName =
  | `niah_single_${1 | 2 | 3}`
  | `niah_multikey_${1 | 2 | 3}`
  | "niah_multivalue"
  | "niah_multiquery"
  | "vt"
  | "cwe"
  | "fwe"
  | `qa_${1 | 2}`;

const kinds: Readonly<Record<RulerName, RulerKind>> = {
  niah_single_1: niah({ haystack: "noise", keys: "words", values: "numbers" }),
  niah_single_2: niah({ haystack: "essays", keys: "words", values: "numbers" }),
  niah_single_3: niah({ haystack: "essays", keys: "words", values: "uuids" }),
  niah_multikey_1: niah({ haystack: "essays", keys: "words", values: "numbers", numKeys: 4 }),
  niah_multikey_2: niah({ haystack: "needles", keys: "words", values: "numbers" }),
  niah_multikey_3: niah({ haystack: "needles", keys: "uuids", values: "uuids" }),
  niah_multivalue: niah({ haystack: "essays", keys: "words", values: "numbers", numValues: 4 }),
  niah_multiquery: niah({ haystack: "essays", keys: "words", values: "numbers", numQueries: 4 }),
  vt: variableTracking({ hops: 4 }),
  cwe: commonWordsTask(),
  fwe: frequentWordsTask(),
  qa_1: questions("squad"),
  qa_2: questions("hotpotqa"),
};

export const rulerNames = Object.keys(kinds) as readonly RulerName[];

export type RulerTask = Omit<Task, "samples"> & {
  readonly samples: (place: TaskPlace) => readonly RulerSample[];
};

/** The texts that the user has to bring. */
export type RulerSources = {
  /** Prose, for needles in essays. */
  readonly essays?: string | undefined;
  /** JSON as SQuAD has it for qa_1, as HotpotQA has it for qa_2. */
  readonly documents?: string | undefined;
};

export type RulerOptions = RulerSources & {
  /** Whether prompts are messages to the assistant, whose answer begins with the answer prefix: for models tuned to chat. */
  readonly chat?: boolean | undefined;
};

/** The source that a task needs, and for documents the shape that the file must have. */
export type RulerNeed = { readonly source: keyof RulerSources; readonly shape?: DocumentShape };

const needs: Readonly<Record<NonNullable<RulerKind["needs"]>, RulerNeed>> = {
  essays: { source: "essays" },
  squad: { source: "documents", shape: "squad" },
  hotpotqa: { source: "documents", shape: "hotpotqa" },
};

export const rulerNeeds = (name: RulerName): RulerNeed | undefined => {
  const { needs: needed } = kinds[name];
  return needed && needs[needed];
};

const where = "rulerTask";

/** @throws when what it needs is not there, or not what it must be */
const sourcesOf = (name: RulerName, given: RulerSources): Sources => {
  const none: Sources = { essays: [], documents: { questions: [], all: [] } };
  const needed = rulerNeeds(name);
  if (needed === undefined) return none;
  const { source, shape } = needed;
  const text = given[source];
  const what = shape === undefined ? "a file" : `a file of ${shapeNames[shape]}'s JSON`;
  check(typeof text === "string", `${where}: ${source} must be the text of ${what} for ${name}`, text, "string");
  if (shape !== undefined) return { ...none, documents: readDocuments(where, text, shape) };
  const words = text.split(/\s+/).filter((word) => word !== "");
  check(words.length > 0, `${where}: ${source} must hold at least 1 word`, 0);
  return { ...none, essays: words };
};

type Drafted = { readonly drafts: readonly Draft[]; readonly reading: Reading };

const draftsOf = (name: RulerName, kind: RulerKind, sources: Sources, chat: boolean, place: TaskPlace): Drafted => {
  const { codec, length, samples, seed } = checkKeys<TaskPlace>(where, "place", place, {
    codec: true,
    length: positive,
    samples: positive,
    seed: number("an integer", Number.isSafeInteger),
  });
  const reading = readingOf(where, codec, chat);
  const drafts = Array.from({ length: samples }, (_, index) =>
    kind.draft(streamOf(name, length, seed, index), { codec, length, seed, index, samples }, sources),
  );
  const least = Math.max(...drafts.map((draft) => leastTokens(reading, draft))) + kind.maxNewTokens;
  check(least <= length, `${where}: length must be at least ${least} for ${name} under this tokenizer`, length);
  return { drafts, reading };
};

/** A task with a quick check whether a length has room for it, so that a length that is too short is found before other tasks run. */
export type OpenedRuler = { readonly task: RulerTask; readonly check: (place: TaskPlace) => void };

/**
 * The task of that name. Its sources are read once.
 *
 * @throws as `rulerTask` does; from `check`, as its `samples` do
 */
export const openRuler = (name: RulerName, options: RulerOptions = {}): OpenedRuler => {
  checkOneOf(where, "name", name, rulerNames);
  const { chat = false } = checkKeys<RulerOptions>(where, "options", options, {
    essays: true,
    documents: true,
    chat: optional(trueOrFalse),
  });
  const kind = kinds[name];
  const sources = sourcesOf(name, options);
  const { maxNewTokens } = kind;
  const draftsAt = (place: TaskPlace): Drafted => draftsOf(name, kind, sources, chat, place);
  return {
    task: {
      name,
      maxNewTokens,
      samples: (place) => {
        const { drafts, reading } = draftsAt(place);
        return drafts.map((draft) => fitted(reading, draft, place.length - maxNewTokens));
      },
      score: (answer, { answers }) => kind.score(answer, answers),
    },
    check: (place) => void draftsAt(place),
  };
};

/**
 * The task of that name. Its samples fill the length up to whole words or sentences. The same seed gives the same samples.
 *
 * @throws RangeError that lists the names for an unknown one; TypeError or RangeError when a needed file is absent or wrong; from
 *   `samples`, RangeError for a length that is too short, with the least length that is enough
 */
export const rulerTask = (name: RulerName, options: RulerOptions = {}): RulerTask => openRuler(name, options).task;
