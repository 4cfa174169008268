/** A model by its folder's path, by its id on the hub, or by the name of one that the project ships. */
import type { ContextExtension } from "@ropewalk/decoder";
import { loadModel, openModel, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import type { CheckpointFolder } from "@ropewalk/models";
import { openSource, type DownloadProgress } from "@ropewalk/models/hub";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { existsSync } from "node:fs";
import { findExport } from "./find-export.ts";
import { downloadBar, roundingBar } from "./bars.ts";
import { interruptSignal } from "./interrupt.ts";
import { notice } from "./notice.ts";
import { backendFrom, extensionFrom, type SharedOptions } from "./options.ts";

/** What a command's model may be. */
export const modelArgument: string =
  "a checkpoint's folder, an ONNX export's folder or .onnx file, an id on the hub (owner/name), or the name of a shipped model";

const shipped = [passkey875k, stories260K];

/** Where a shipped model lies; what is not the name of one stays a path or an id. */
const folderOf = (model: string): string | URL =>
  existsSync(model) ? model : (shipped.find(({ name }) => name === model)?.url ?? model);

/** The model's files; those of the hub are fetched when they are asked for. */
export const filesOf = async (
  model: string,
  onProgress: (progress: DownloadProgress) => void = () => {},
): Promise<CheckpointFolder> => {
  const folder = folderOf(model);
  return typeof folder === "string" ? openSource(folder, { onNotice: notice, onProgress }) : openFolder(folder);
};

/** Everything but the weights, which are fetched all the same. */
export const open = async (
  model: string,
  { trainedContext }: Pick<SharedOptions, "trainedContext">,
): Promise<OpenedModel> => {
  const { onProgress, stop } = downloadBar();
  try {
    const named = model.endsWith(".onnx") && existsSync(model) ? await findExport(model) : { folder: model };
    return await openModel(await filesOf(named.folder, onProgress), {
      ...(trainedContext === undefined ? {} : { trainedContext }),
      ...("model" in named ? { model: named.model } : {}),
    });
  } finally {
    stop();
  }
};

/** The extension that the flags ask for, for a run of `length` tokens; asked for none, an export keeps the one it has. */
export const extensionFor = ({ source }: OpenedModel, options: SharedOptions, length: number): ContextExtension => {
  const { trainedContext } = source.decoder;
  const asked = extensionFrom({ ...options, trainedContext, length });
  return source.kind === "export" && Object.keys(asked).length === 0 ? source.extension() : asked;
};

/** The model under that extension; what the extension switches off is said. */
export const load = async (
  opened: OpenedModel,
  options: SharedOptions,
  length: number,
  signal?: AbortSignal,
): Promise<LanguageModel> => {
  const { quantize, cache } = options;
  const { onStep: onQuantize, stop } = roundingBar(signal);
  const model = await loadModel(opened, {
    backend: backendFrom(options),
    extension: extensionFor(opened, options, length),
    ...(cache === undefined ? {} : { cache }),
    ...(quantize === undefined ? {} : { quantize, onQuantize }),
  }).finally(stop);
  for (const said of model.extended.notices) notice(said);
  return model;
};

/** Loads the model, uses it, and releases it however that ends; an interrupt ends it by the signal. */
export const withModel = async (
  command: string,
  {
    opened,
    options,
    length,
  }: { readonly opened: OpenedModel; readonly options: SharedOptions; readonly length: number },
  use: (model: LanguageModel, signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const signal = interruptSignal(command);
  const model = await load(opened, options, length, signal);
  try {
    await use(model, signal);
  } finally {
    await model.release();
  }
};
