/** A model by its folder's path, or by the name of one that the project ships. */
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { existsSync } from "node:fs";
import { backendFrom, type SharedOptions } from "./options.ts";

const shipped = [passkey875k, stories260K];

export const folderOf = (model: string): string | URL =>
  existsSync(model) ? model : (shipped.find(({ name }) => name === model)?.url ?? model);

export const openModel = async (model: string, options: SharedOptions): Promise<LanguageModel> =>
  loadModel(await openFolder(folderOf(model)), {
    backend: backendFrom(options),
    ...(options.trainedContext === undefined ? {} : { trainedContext: options.trainedContext }),
  });
