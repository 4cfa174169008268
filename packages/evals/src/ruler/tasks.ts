/**
 * RULER's thirteen tasks, arXiv 2404.06654: their names, parameters, answer prefixes, tokens to generate and scores. Draws and
 * instructions are the project's own, so results stand beside others of this package, not beside RULER's own to the digit.
 */
import { check, checkKeys, checkOneOf, number, positive } from "@ropewalk/check";
import type { Task, TaskPlace } from "../task.ts";
import { commonWordsTask } from "./common-words.ts";
import { readDocuments, shapeNames } from "./documents.ts";
import { fitted, leastTokens, type Draft, type RulerSample } from "./draft.ts";
import { streamOf } from "./draws.ts";
import { frequentWordsTask } from "./frequent-words.ts";
import type { RulerKind, Sources } from "./kind.ts";
import { niah } from "./niah.ts";
import { questions } from "./questions.ts";
import { variableTracking } from "./variable-tracking.ts";

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

/** What a task is made of that a person brings: texts of files. */
export type RulerSources = {
  /** Prose, for needles in essays. */
  readonly essays?: string | undefined;
  /** JSON as SQuAD has it for qa_1, as HotpotQA has it for qa_2. */
  readonly documents?: string | undefined;
};

/** Which of the two it cannot do without. */
export const rulerNeeds = (name: RulerName): keyof RulerSources | undefined => {
  const { needs } = kinds[name];
  return needs === undefined || needs === "essays" ? needs : "documents";
};

const where = "rulerTask";

/** @throws when what it needs is not there, or not what it must be */
const sourcesOf = (name: RulerName, { needs }: RulerKind, { essays, documents }: RulerSources): Sources => {
  const none: Sources = { essays: [], documents: { questions: [], all: [] } };
  if (needs === undefined) return none;
  if (needs === "essays") {
    check(typeof essays === "string", `${where}: essays must be the text of a file for ${name}`, essays, "string");
    const words = essays.split(/\s+/).filter((word) => word !== "");
    check(words.length > 0, `${where}: essays must hold at least 1 word`, 0);
    return { ...none, essays: words };
  }
  const shape = `${shapeNames[needs]}'s JSON`;
  check(
    typeof documents === "string",
    `${where}: documents must be the text of a file of ${shape} for ${name}`,
    documents,
    "string",
  );
  return { ...none, documents: readDocuments(where, documents, needs) };
};

const draftsOf = (name: RulerName, kind: RulerKind, sources: Sources, place: TaskPlace): readonly Draft[] => {
  const { codec, length, samples, seed } = checkKeys<TaskPlace>(where, "place", place, {
    ...{ codec: true, length: positive, samples: positive, seed: number("an integer", Number.isSafeInteger) },
  });
  const drafts = Array.from({ length: samples }, (_, index) =>
    kind.draft(streamOf(name, length, seed, index), { codec, length, seed, index, samples }, sources),
  );
  const least = Math.max(...drafts.map((draft) => leastTokens(codec, draft))) + kind.maxNewTokens;
  check(least <= length, `${where}: length must be at least ${least} for ${name} under this tokenizer`, length);
  return drafts;
};

/**
 * The task of that name. Its samples fill the length as far as whole words or sentences do; the same seed gives the same.
 *
 * @throws RangeError that lists the names for another one, TypeError or RangeError when a file that it needs is absent or is not what it
 *   must be; from `samples`, RangeError for a length that cannot hold the task, with one that can
 */
export const rulerTask = (name: RulerName, sources: RulerSources = {}): RulerTask => {
  checkOneOf(where, "name", name, rulerNames);
  checkKeys<RulerSources>(where, "sources", sources, { essays: true, documents: true });
  const kind = kinds[name];
  const read = sourcesOf(name, kind, sources);
  return {
    ...{ name, maxNewTokens: kind.maxNewTokens },
    samples: (place) =>
      draftsOf(name, kind, read, place).map((draft) => fitted(place.codec, draft, place.length - kind.maxNewTokens)),
    score: (answer, { answers }) => kind.score(answer, answers),
  };
};

/**
 * Whether the task has room there, without the work of filling it: for what would be a pity to learn behind other runs.
 *
 * @throws as `rulerTask` and its `samples` do
 */
export const checkRulerPlace = (name: RulerName, sources: RulerSources, place: TaskPlace): void => {
  checkOneOf(where, "name", name, rulerNames);
  draftsOf(name, kinds[name], sourcesOf(name, kinds[name], sources), place);
};
