/** The models that a server has, by the names that requests give them. */
import { check, checkFunction, closest, show, showName } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
import type { WorkerModel } from "@ropewalk/generation/worker";
import { createPlaces, type Places } from "./places.ts";
import { wireError } from "./wire/error.ts";

/** What a server needs of a model: one that `loadModel` gave, here or in a worker. It runs one sequence at a time. */
export type ServedModel = Pick<LanguageModel, "generateTokens" | "text"> & {
  readonly source: Pick<WorkerModel["source"], "name" | "bosToken">;
  readonly extended: { readonly capacity: number; readonly decoder: { readonly vocabSize: number } };
};

/** The same model once, or several times, as in several workers. */
export type ServedModels = Readonly<Record<string, ServedModel | readonly ServedModel[]>>;

export type Served = {
  readonly name: string;
  readonly model: ServedModel;
  readonly places: Places<ServedModel>;
};

const checkModel = (name: string, model: ServedModel | undefined): void => {
  const at = `createHandler: models[${show(name)}]`;
  check(typeof model === "object" && model !== null, `${at} must be a model that loadModel gave`, model, "object");
  checkFunction("createHandler", `models[${show(name)}].generateTokens`, model!.generateTokens);
};

export const servedModels = (models: ServedModels, queue: number): ReadonlyMap<string, Served> => {
  check(typeof models === "object" && models !== null, "createHandler: models must be an object", models, "object");
  const rows = Object.entries(models).map(([name, given]) => {
    const all = Array.isArray(given) ? (given as readonly ServedModel[]) : [given as ServedModel];
    check(all.length > 0, `createHandler: models[${show(name)}] must be one model at least`, all.length);
    for (const model of all) checkModel(name, model);
    return [name, { name, model: all[0]!, places: createPlaces(all, queue) }] as const;
  });
  check(rows.length > 0, "createHandler: models must have one at least", rows.length);
  return new Map(rows);
};

/** @throws WireError 404 for a name that no model has */
export const modelNamed = (models: ReadonlyMap<string, Served>, name: string): Served => {
  const found = models.get(name);
  if (found !== undefined) return found;
  const names = [...models.keys()];
  const meant = closest(name, names);
  const hint = meant === undefined ? `; this server has ${names.map(showName).join(", ")}` : `; ${meant} is meant`;
  throw wireError(404, `The model ${show(name)} does not exist${hint}.`, { param: "model", code: "model_not_found" });
};

/** As `GET /v1/models` has it; a model's context is what it can run under its extension. */
export const modelObject = ({ name, model }: Served, created: number): object => ({
  ...{ id: name, object: "model", created, owned_by: "ropewalk" },
  context_length: model.extended.capacity,
});
