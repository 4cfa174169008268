/** Loads a user's module by its path. Only named modules are loaded. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { wordsOf } from "./named-functions.ts";
import { fail } from "../terminal/messages.ts";

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** The exports of a module without a default export, in words. */
export const exportsInWords = (module: Exports): string =>
  "default" in module ? "nothing" : Object.keys(module).join(", ") || "none";

/**
 * Imports a module. A module may end the process, or never finish loading; an exit handler reports that, since nothing else would.
 *
 * @param hint - appended to the error for a JSON file
 * @throws Error that names the path
 */
export const importModule = async (where: string, path: string, hint = ""): Promise<Exports> => {
  const fails = (words: string, cause?: unknown): Error =>
    new Error(`${where}: ${path} must be a module that loads, got ${words}`, { cause });
  if (!existsSync(path)) throw fails("no file of this name");
  if (path.endsWith(".json")) throw fails(`JSON${hint}`);
  const onExit = (): void => fail(fails("one that ends the process, or waits for nothing"));
  process.once("exit", onExit);
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Exports;
  } catch (error) {
    throw fails(wordsOf(error), error);
  } finally {
    process.off("exit", onExit);
  }
};

/** The default export of a module, whatever it is. */
export const importDefault = async (where: string, path: string): Promise<unknown> => {
  const module = await importModule(where, path);
  if (module["default"] === undefined)
    throw new TypeError(`${where}: ${path} must have a default export, got ${exportsInWords(module)}`);
  return module["default"];
};
