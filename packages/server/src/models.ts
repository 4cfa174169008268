/** The models of a server, by the names that requests use. */
import { check, checkFunction, closest, show, showName } from "@ropewalk/check";
import type { LanguageModel, ReadOptions } from "@ropewalk/generation";
import type { WorkerModel } from "@ropewalk/generation/worker";
import { createPool, type PrefixPool } from "./prefixes/prefix-pool.ts";
import { createRunQueue, type RunQueue } from "./run-queue.ts";
import { wireError } from "./wire/error.ts";

/** A text that a model has read. */
export type ServedPrefix = {
  readonly ids: readonly number[];
  readonly bytes: number;
  readonly extend: (more: readonly number[], options?: ReadOptions) => Promise<ServedPrefix>;
  readonly release: () => unknown;
};

/** A model as the server needs it: what `loadModel` gives, in this thread or in a worker. It runs one sequence at a time. */
export type ServedModel = Pick<LanguageModel, "generate" | "text"> & {
  readonly source: Pick<WorkerModel["source"], "name" | "bosToken">;
  readonly extended: { readonly capacity: number; readonly decoder: { readonly vocabSize: number } };
  readonly read: (prompt: readonly number[], options?: ReadOptions) => Promise<ServedPrefix>;
  /** The bytes of several prefixes together. Shared bytes count once. */
  readonly prefixBytes: (prefixes: readonly ServedPrefix[]) => number | Promise<number>;
};

/** Each name has one model, or the same model several times, as in several workers. */
export type ServedModels = Readonly<Record<string, ServedModel | readonly ServedModel[]>>;

/** One of a name's models, with the prefixes that it has read. */
export type Runner = { readonly model: ServedModel; readonly pool: PrefixPool };

export type Served = {
  readonly name: string;
  readonly model: ServedModel;
  readonly runners: readonly Runner[];
  readonly queue: RunQueue<Runner>;
  /** Whether prefixes are kept for later requests. */
  readonly keeps: boolean;
};

const checkModel = (name: string, model: ServedModel | undefined): void => {
  const at = `createHandler: models[${show(name)}]`;
  check(typeof model === "object" && model !== null, `${at} must be a model that loadModel gave`, model, "object");
  checkFunction("createHandler", `models[${show(name)}].generate`, model!.generate);
};

/** @param cacheBytes - the most bytes of kept prefixes, all models together */
export const servedModels = (
  models: ServedModels,
  { maxWaiting, cacheBytes }: { readonly maxWaiting: number; readonly cacheBytes: number },
): ReadonlyMap<string, Served> => {
  check(typeof models === "object" && models !== null, "createHandler: models must be an object", models, "object");
  const lists = Object.entries(models).map(([name, given]) => {
    const all = Array.isArray(given) ? (given as readonly ServedModel[]) : [given as ServedModel];
    check(all.length > 0, `createHandler: models[${show(name)}] must be one model at least`, all.length);
    for (const model of all) checkModel(name, model);
    return [name, all] as const;
  });
  check(lists.length > 0, "createHandler: models must have one at least", lists.length);
  const share = Math.floor(cacheBytes / lists.reduce((sum, [, { length }]) => sum + length, 0));
  return new Map(
    lists.map(([name, all]) => {
      const runners = all.map((model) => ({ model, pool: createPool(model, share) }));
      return [name, { name, model: all[0]!, runners, queue: createRunQueue(runners, maxWaiting), keeps: share > 0 }];
    }),
  );
};

/**
 * The model of that name.
 *
 * @throws WireError 404 for a name that no model has
 */
export const modelNamed = (models: ReadonlyMap<string, Served>, name: string): Served => {
  const found = models.get(name);
  if (found !== undefined) return found;
  const names = [...models.keys()];
  const meant = closest(name, names);
  const hint = meant === undefined ? `; this server has ${names.map(showName).join(", ")}` : `; ${meant} is meant`;
  throw wireError(404, `The model ${show(name)} does not exist${hint}.`, { param: "model", code: "model_not_found" });
};

/** A model as `GET /v1/models` lists it. Its context length is the capacity under its extension. */
export const modelObject = ({ name, model }: Served, created: number): object => ({
  id: name,
  object: "model",
  created,
  owned_by: "ropewalk",
  context_length: model.extended.capacity,
});
