/**
 * The extension that an adapter was learned under, in a file of its own beside those that PEFT writes, which other programs pass over:
 *
 *   ropewalk.json   { "trainedContext": 2048, "extension": { "rope": { "kind": "abf", "theta": 500000 } } }
 *
 * Without it the adapter's weights would count under positions that they have not seen.
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
 * What the file says of an adapter that was learned on sequences of that length; undefined where there is nothing to say: no extension,
 * and no window that is longer. A scaling counts from the model's own window, and positions of a mapping lie inside it.
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
 * The one extension of several adapters; those that state none go with any.
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
