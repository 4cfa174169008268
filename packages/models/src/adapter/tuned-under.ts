/**
 * The extension that an adapter was learned under, in a file of its own beside those of PEFT. Other programs ignore the file:
 *
 *   ropewalk.json   { "trainedContext": 2048, "extension": { "rope": { "kind": "abf", "theta": 500000 } } }
 *
 * Without it the adapter would run at positions that it has not seen in training.
 */
import { check } from "@ropewalk/check";
import { recordOf, type ContextExtension } from "@ropewalk/context-extension";
import type { Decoder } from "@ropewalk/decoder";
import { configObject } from "../config/config-object.ts";
import { readEntry, type ExtensionEntry, type TunedExtension } from "../tuned/extension-entry.ts";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson } from "../folder/json-file.ts";

export const tunedFile = "ropewalk.json";

/** @returns undefined where the folder has none */
export const readTunedUnder = async (where: string, folder: CheckpointFolder): Promise<TunedExtension | undefined> => {
  const json = await readJson(folder, tunedFile);
  if (json === undefined) return undefined;
  const { values } = configObject(`${where}: ${tunedFile}`, json);
  return readEntry(`${where}: ${tunedFile}`, "entry", values);
};

const isNone = (extension: ContextExtension): boolean => Object.keys(recordOf(extension)).length === 0;

/**
 * The file's content for an adapter that was learned on sequences of that length. Undefined where no file is needed: without an
 * extension, and without a longer window. A rope scaling counts from the model's own window, and a mapping's positions lie inside it.
 */
export const tunedUnder = (
  { trainedContext, contextLimit }: Pick<Decoder, "trainedContext" | "contextLimit">,
  extension: ContextExtension,
  seqLen: number,
): ExtensionEntry | undefined => {
  const { positions, rope } = extension;
  const grows = positions === undefined && contextLimit === undefined && (rope === undefined || rope.kind === "abf");
  const window = grows ? Math.max(trainedContext, seqLen) : trainedContext;
  if (isNone(extension) && window === trainedContext) return undefined;
  return { trainedContext: window, extension: recordOf(extension) };
};

type Named = { readonly name: string; readonly tuned?: TunedExtension };

/**
 * The extension that all of several adapters were learned under. An adapter that states none goes with any.
 *
 * @throws RangeError naming two that were learned under different ones
 */
export const oneExtension = (where: string, adapters: readonly Named[]): TunedExtension | undefined => {
  const [first, ...others] = adapters.filter(({ tuned }) => tuned !== undefined);
  const asText = ({ tuned }: Named): string =>
    JSON.stringify({ trainedContext: tuned!.trainedContext, ...recordOf(tuned!.extension) });
  for (const other of others)
    check(
      asText(other) === asText(first!),
      `${where}: ${other.name} must be learned under the extension of ${first!.name}, ${asText(first!)}`,
      asText(other),
    );
  return first?.tuned;
};
