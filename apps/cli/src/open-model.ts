/** A model by its folder's path, or by the name of one that the project ships. */
import type { ContextExtension } from "@ropewalk/decoder";
import { loadModel, openModel, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { existsSync } from "node:fs";
import { backendFrom, extensionFrom, type SharedOptions } from "./options.ts";

const shipped = [passkey875k, stories260K];

export const folderOf = (model: string): string | URL =>
  existsSync(model) ? model : (shipped.find(({ name }) => name === model)?.url ?? model);

/** Everything but the weights. */
export const open = async (model: string, { trainedContext }: SharedOptions): Promise<OpenedModel> =>
  openModel(await openFolder(folderOf(model)), trainedContext === undefined ? {} : { trainedContext });

/** The extension that the flags ask for, for a run of `length` tokens of this model. */
export const extensionFor = (
  { decoder: { trainedContext } }: OpenedModel,
  options: SharedOptions,
  length: number,
): ContextExtension => extensionFrom({ ...options, trainedContext, length });

/** The model under that extension. */
export const load = (opened: OpenedModel, options: SharedOptions, length: number): Promise<LanguageModel> =>
  loadModel(opened, { backend: backendFrom(options), extension: extensionFor(opened, options, length) });
