/** A model by its folder's path, by its id on the hub, or by the name of one that the project ships. */
import { closest, show } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import { loadModel, needCheckpoint, openModel, type LanguageModel, type OpenedModel } from "@ropewalk/generation";
import { withAdapters, type CheckpointFolder } from "@ropewalk/models";
import { openSource, type DownloadProgress } from "@ropewalk/models/hub";
import { openFolder } from "@ropewalk/models/node";
import { existsSync } from "node:fs";
import { adaptersFrom } from "../flags/adapter.ts";
import { findExport } from "./find-export.ts";
import { downloadBar, roundingBar } from "../terminal/progress-bars.ts";
import { endOnInterrupt, interruptSignal } from "../terminal/interrupt.ts";
import { notice } from "../terminal/notice.ts";
import { extensionWords } from "../describe/extension-in-words.ts";
import { extensionAfter, isSame, type After } from "../flags/after.ts";
import { flagsInWords, asksForExtension, extensionFrom, nameOf, type Run } from "../flags/extension.ts";
import { shipped, shippedNames } from "../terminal/help-texts.ts";
import { backendFrom, type SharedOptions } from "../flags/shared.ts";

/** @throws RangeError when the name is nearly a shipped model's name */
const checkName = (model: string): void => {
  const meant = model.includes("/")
    ? undefined
    : closest(
        model,
        shipped.map(({ name }) => name),
      );
  if (meant !== undefined)
    throw new RangeError(
      `open: model must be a path, owner/name on the hub, or one of ${shippedNames}, got ${show(model)}; ${meant} is meant?`,
    );
};

/** The folder of a shipped model; any other name stays a path or an id. */
const folderOf = (model: string): string | URL => {
  if (existsSync(model)) return model;
  const url = shipped.find(({ name }) => name === model)?.url;
  if (url === undefined) checkName(model);
  return url ?? model;
};

/** The model's files. Files of the hub are fetched when they are read. */
export const filesOf = async (
  model: string,
  onProgress: (progress: DownloadProgress) => void = () => {},
): Promise<CheckpointFolder> => {
  const folder = folderOf(model);
  return typeof folder === "string" ? openSource(folder, { onNotice: notice, onProgress }) : openFolder(folder);
};

/** The model with the extension and the window that its adapters state. `load` puts the adapters themselves beside the weights. */
const knowingAdapters = async (
  opened: OpenedModel,
  adapter: SharedOptions["adapter"],
  trainedContext: number | undefined,
): Promise<OpenedModel> => {
  if (adapter === undefined) return opened;
  const source = needCheckpoint("--adapter", opened.source);
  const { extension, decoder } = withAdapters(source, await adaptersFrom(adapter));
  return {
    ...opened,
    source: { ...source, extension, decoder: trainedContext === undefined ? decoder : source.decoder },
  };
};

/** Opens a model without loading its weights. Files of the hub are downloaded here, weights too. */
export const open = async (
  model: string,
  { trainedContext, adapter }: Pick<SharedOptions, "trainedContext" | "adapter">,
): Promise<OpenedModel> => {
  const { onProgress, stop } = downloadBar();
  const undo = endOnInterrupt(stop);
  try {
    const named = model.endsWith(".onnx") && existsSync(model) ? await findExport(model) : { folder: model };
    const opened = await openModel(await filesOf(named.folder, onProgress), {
      ...(trainedContext === undefined ? {} : { trainedContext }),
      ...("model" in named ? { model: named.model } : {}),
    });
    return await knowingAdapters(opened, adapter, trainedContext);
  } finally {
    undo();
    stop();
  }
};

/** The extension that a model is run with. */
export type Chosen = {
  /** The extension's name, as flags write it. */
  readonly name: string;
  readonly extension: ContextExtension;
  /** Whether the extension is the model's own: a checkpoint was tuned under it, or an export was written with it. */
  readonly own: boolean;
};

const isNone = (extension: ContextExtension): boolean => Object.keys(extension).length === 0;

/**
 * The model's own extension, when it has one and the flags ask for nothing. The graph of an export contains its extension, so an
 * export also keeps it when the flags ask for none.
 */
const ownExtension = ({ source }: OpenedModel, asked: ContextExtension | undefined): ContextExtension | undefined => {
  if (asked !== undefined && (source.kind === "checkpoint" || !isNone(asked))) return undefined;
  const extension = source.extension();
  return isNone(extension) ? undefined : extension;
};

const ownChoice = (extension: ContextExtension): Chosen => ({ name: "its own extension", extension, own: true });

/** The choice behind a saved text: the text's extension holds. */
const choiceAfter = (opened: OpenedModel, options: SharedOptions, after: After, run: Run): Chosen => {
  const asked = asksForExtension(options)
    ? { extension: extensionFrom(options, run), flags: flagsInWords(options) || "flags" }
    : undefined;
  const extension = extensionAfter(after, asked);
  const own = ownExtension(opened, undefined);
  if (own !== undefined && isSame(own, extension)) return ownChoice(own);
  const { fallback } = options;
  return { name: nameOf({ fallback, extension: after.facts.extension }), extension, own: false };
};

/** The extension for a run of `length` tokens: the one that the flags ask for, or else the model's own. */
export const chosenFor = (opened: OpenedModel, options: SharedOptions, length: number): Chosen => {
  const { trainedContext, statedPositions } = opened.source.decoder;
  const run = { trainedContext, length, ...(statedPositions && { statedPositions }) };
  if (options.after !== undefined) return choiceAfter(opened, options, options.after, run);
  const kept = asksForExtension(options) ? undefined : ownExtension(opened, undefined);
  if (kept) return ownChoice(kept);
  const extension = extensionFrom(options, run);
  const instead = ownExtension(opened, extension);
  return instead ? ownChoice(instead) : { name: nameOf(options), extension, own: false };
};

export const extensionFor = (opened: OpenedModel, options: SharedOptions, length: number): ContextExtension =>
  chosenFor(opened, options, length).extension;

/** Says when another extension replaces the model's own. */
export const replacedNotices = (opened: OpenedModel, { name, own }: Chosen): readonly string[] => {
  const { source } = opened;
  const replaced = own ? undefined : ownExtension(opened, undefined);
  return replaced
    ? [`${source.name}'s own extension is off (${extensionWords(replaced)}): ${name} is in its place`]
    : [];
};

/** Loads the model under the chosen extension, and says what the extension switches off. */
export const load = async (
  opened: OpenedModel,
  options: SharedOptions,
  length: number,
  signal?: AbortSignal,
): Promise<LanguageModel> => {
  const { quantize, cache, adapter, trainedContext } = options;
  const chosen = chosenFor(opened, options, length);
  const { onStep: onQuantize, stop } = roundingBar(signal);
  const model = await loadModel(opened, {
    backend: backendFrom(options),
    extension: chosen.extension,
    ...(cache === undefined ? {} : { cache }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(trainedContext === undefined ? {} : { trainedContext }),
    ...(quantize === undefined ? {} : { quantize, onQuantize }),
  }).finally(stop);
  for (const said of [...replacedNotices(opened, chosen), ...model.extended.notices]) notice(said);
  return model;
};

/** Loads the model, uses it, and releases it in any case. Ctrl-C aborts the signal. */
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
