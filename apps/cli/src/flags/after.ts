/** `--after`: a run behind a text that `read` saved. The file states the extension, and how its keys and values are kept. */
import { extensionOf, recordOf, type ContextExtension } from "@ropewalk/context-extension";
import { savedPrefixFacts, type LanguageModel, type Prefix, type SavedPrefixFacts } from "@ropewalk/generation";
import { canonical } from "@ropewalk/models";
import type { Command } from "commander";
import { fileBar } from "../terminal/progress-bars.ts";
import { extensionWords } from "../describe/extension-in-words.ts";

/** A file that `read --save` wrote, and the facts that it states. */
export type After = { readonly path: string; readonly facts: SavedPrefixFacts };

/** Whether two extensions are equal as data. An extension with functions equals none. */
export const isSame = (a: ContextExtension, b: ContextExtension): boolean => {
  const dataOf = (extension: ContextExtension): string | undefined => {
    try {
      return canonical(recordOf(extension));
    } catch {
      return undefined;
    }
  };
  const data = dataOf(a);
  return data !== undefined && data === dataOf(b);
};

/**
 * The extension of the file.
 *
 * @param asked - the extension that the flags ask for, and the flags in words; undefined when they ask for none
 * @throws RangeError that names both extensions when they differ
 */
export const extensionAfter = (
  { path, facts }: After,
  asked: { readonly extension: ContextExtension; readonly flags: string } | undefined,
): ContextExtension => {
  const extension = extensionOf(facts.extension);
  if (asked !== undefined && !isSame(asked.extension, extension))
    throw new RangeError(
      `--after: ${path} was read under ${extensionWords(extension)}, which holds behind it, got ${asked.flags}: ` +
        extensionWords(asked.extension),
    );
  return extension;
};

/** Replaces the path by the facts of the file, and sets `--cache` to the file's precision. */
const readAfter = async (_: Command, command: Command): Promise<void> => {
  const path: unknown = command.getOptionValue("after");
  if (typeof path !== "string") return;
  const facts = await savedPrefixFacts(path).catch((error: Error) => {
    throw Object.assign(error, { message: error.message.replace(/^savedPrefixFacts/, "--after") });
  });
  const cache: unknown = command.getOptionValue("cache");
  if (cache !== undefined && cache !== facts.cache)
    throw new RangeError(
      `--after: ${path} has its cache in ${facts.cache}, which holds behind it, got --cache ${String(cache)}`,
    );
  command.setOptionValue("cache", facts.cache);
  command.setOptionValue("after", { path, facts } satisfies After);
};

/** Adds the flag. */
export const withAfterOption = (command: Command): Command =>
  command
    .option("--after <file>", "behind a text that `read --save` has read, under the extension that it was read under")
    .hook("preAction", readAfter);

/** Tokens before the run. */
export const tokensBefore = (after: After | undefined): number => after?.facts.ids.length ?? 0;

/** Opens the file, with a progress bar. */
export const openAfter = async (
  model: LanguageModel,
  after: After | undefined,
  signal: AbortSignal,
): Promise<Prefix | undefined> => {
  if (after === undefined) return undefined;
  const { onProgress, stop } = fileBar("opened");
  return model.open(after.path, { signal, onProgress }).finally(stop);
};
