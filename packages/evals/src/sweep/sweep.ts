/**
 * A sweep, read from a JSON file: every model under every method in every evaluation.
 *
 *   { "models": […], "methods": […], "evaluations": [{ "kind": "passkey", "length": [1024, 2048], "depth": [0.1, 0.9] }] }
 *
 * The caller defines how models and methods are read. An evaluation is a kind of the table, with its parameters.
 */
import { checkKeys, checkList, show } from "@ropewalk/check";
import { evaluationOf } from "../evaluations.ts";
import type { Json, JsonObject } from "@ropewalk/models";
import { combinations } from "./combinations.ts";

/** How an entry of models or methods is read. */
export type EntryRule<Entry> = {
  /** The key that is set when an entry is only a text. */
  readonly main: string;
  /** Keys whose value is a list by nature. */
  readonly lists?: readonly string[];
  /** Checks an entry whose lists are resolved. An unknown key is a TypeError. */
  readonly read: (where: string, entry: JsonObject) => Entry;
};

export type SweepRules<Model, Method> = { readonly models: EntryRule<Model>; readonly methods: EntryRule<Method> };

/** An evaluation with its parameters, as its kind's check gave them. */
export type AskedEvaluation = {
  readonly kind: string;
  readonly params: object;
  /** Which entry of the file it comes from, counted from 0. */
  readonly entry: number;
};

export type Sweep<Model, Method> = {
  readonly models: readonly Model[];
  readonly methods: readonly Method[];
  readonly evaluations: readonly AskedEvaluation[];
};

type Stated = {
  readonly models: readonly Json[];
  readonly methods: readonly Json[];
  readonly evaluations: readonly Json[];
};

const objectOf = (where: string, value: Json, main?: string): JsonObject => {
  if (typeof value === "string" && main !== undefined) return { [main]: value };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(
      `${where} must be ${main === undefined ? "" : `a ${main}'s name or `}an object, got ${show(value)}`,
    );
  return value as JsonObject;
};

const entriesOf = <Entry>(
  where: string,
  stated: readonly Json[],
  { main, lists, read }: EntryRule<Entry>,
): readonly Entry[] =>
  stated.flatMap((value, index) => {
    const at = `${where}[${index}]`;
    return combinations(at, objectOf(at, value, main), lists).map((entry) => read(at, entry));
  });

const evaluationsOf = (where: string, value: Json, entry: number): readonly AskedEvaluation[] => {
  const { kind, ...stated } = objectOf(where, value);
  const { lists, check } = evaluationOf(where, kind);
  return combinations(where, stated, lists).map((params) => ({
    kind: kind as string,
    params: check(where, params),
    entry,
  }));
};

/**
 * Reads a sweep, and checks all of it before anything runs.
 *
 * @param where - the file, for messages
 * @throws TypeError for an unknown key, with the known one that is nearest, or a wrong type; RangeError for a value out of range
 */
export const readSweep = <Model, Method>(
  where: string,
  data: unknown,
  rules: SweepRules<Model, Method>,
): Sweep<Model, Method> => {
  const { models, methods, evaluations } = checkKeys<Stated>(where, "sweep", data as Stated, {
    models: checkList,
    methods: checkList,
    evaluations: checkList,
  });
  return {
    models: entriesOf(`${where}: models`, models, rules.models),
    methods: entriesOf(`${where}: methods`, methods, rules.methods),
    evaluations: evaluations.flatMap((value, index) => evaluationsOf(`${where}: evaluations[${index}]`, value, index)),
  };
};
