/** A model by its folder's path, by its id on the hub, or by the name of one that the project ships. */
import type { ContextExtension } from "@ropewalk/decoder";
import { loadModel, openModel, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { openSource, type DownloadProgress } from "@ropewalk/models/hub";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { existsSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { downloadBar } from "./download.ts";
import { backendFrom, extensionFrom, type SharedOptions } from "./options.ts";

const shipped = [passkey875k, stories260K];

/** Where a shipped model lies; what is not the name of one stays a path or an id. */
const folderOf = (model: string): string | URL =>
  existsSync(model) ? model : (shipped.find(({ name }) => name === model)?.url ?? model);

/** Workers open what the main thread has opened: it alone speaks of it. */
const onNotice = (notice: string): void => {
  if (isMainThread) process.stderr.write(`${notice}\n`);
};

/** The model's files; those of the hub are fetched when they are asked for. */
export const filesOf = async (
  model: string,
  onProgress: (progress: DownloadProgress) => void = () => {},
): Promise<CheckpointFolder> => {
  const folder = folderOf(model);
  return typeof folder === "string" ? openSource(folder, { onNotice, onProgress }) : openFolder(folder);
};

/** Everything but the weights, which are fetched all the same. */
export const open = async (model: string, { trainedContext }: SharedOptions): Promise<OpenedModel> => {
  const { onProgress, stop } = downloadBar(process.stderr);
  try {
    return await openModel(await filesOf(model, onProgress), trainedContext === undefined ? {} : { trainedContext });
  } finally {
    stop();
  }
};

/** The extension that the flags ask for, for a run of `length` tokens of this model. */
export const extensionFor = (
  { decoder: { trainedContext } }: OpenedModel,
  options: SharedOptions,
  length: number,
): ContextExtension => extensionFrom({ ...options, trainedContext, length });

/** The model under that extension. */
export const load = (opened: OpenedModel, options: SharedOptions, length: number): Promise<LanguageModel> =>
  loadModel(opened, { backend: backendFrom(options), extension: extensionFor(opened, options, length) });
