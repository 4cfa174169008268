/**
 * The extension that a checkpoint was tuned under, in an entry of config.json for what the keys that every program reads cannot state:
 *
 *   "ropewalk": { "trainedContext": 512, "extension": { "entropy": { "kind": "log-n", "trainedContext": 512 } } }
 *
 * `trainedContext` replaces max_position_embeddings. Other programs ignore the entry.
 */
import { checkInteger, checkKeys } from "@ropewalk/check";
import { readRecord, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import { configObject, objectOf } from "../config/config-object.ts";

export type ExtensionEntry = {
  /** The window that was trained on, in tokens. */
  readonly trainedContext: number;
  readonly extension: ExtensionRecord;
};

export const extensionKey = "ropewalk";

/** An extension, and the window that it is tuned for. */
export type TunedExtension = { readonly trainedContext: number; readonly extension: ContextExtension };

/**
 * Reads an entry.
 *
 * @param file - the function and the file, for errors
 * @param name - the entry's name, for errors
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readEntry = (file: string, name: string, json: object): TunedExtension => {
  const entry = checkKeys<ExtensionEntry>(file, name, json as ExtensionEntry, {
    trainedContext: true,
    extension: true,
  });
  checkInteger(`${file}: ${name}`, "trainedContext", entry.trainedContext, 1);
  return {
    trainedContext: entry.trainedContext,
    extension: readRecord(file, `${name}.extension`, entry.extension),
  };
};

/**
 * Reads the entry of a parsed config.json, and gives the extension, and the config with the window that the entry states.
 *
 * @param where - the function that errors name
 * @returns no extension, and the config as it is, where there is no entry
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readExtensionEntry = (
  where: string,
  config: unknown,
): { readonly config: unknown; readonly extension: ContextExtension } => {
  const file = `${where}: config.json`;
  const stated = configObject(file, config);
  const found = objectOf(stated, extensionKey);
  if (found === undefined) return { config, extension: {} };
  const { trainedContext, extension } = readEntry(file, extensionKey, found.values);
  return {
    config: { ...stated.values, max_position_embeddings: trainedContext },
    extension,
  };
};
