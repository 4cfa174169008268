/**
 * A method of one's own: a module that `--method` names by its path, whose default export is a mapping, what a mapping is made of, or an
 * extension. Nothing is loaded that was not named.
 */
import { checkExtension, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { show, withoutControls } from "@ropewalk/check";
import type { PositionMapping } from "@ropewalk/position-mapping";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** A method as the flags have it: the path of a module, and what it is. */
export type MethodModule = { readonly path: string; readonly extension: ContextExtension };

/** Whether what `--method` names is a file and no method of the library's. */
export const isModulePath = (method: string): boolean => /[\\/]/.test(method) || /\.[cm]?[jt]s$/.test(method);

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The extension that a default export is. */
const extensionIn = (given: unknown): ContextExtension => {
  if (isObject(given) && "kind" in given) return withPositions(given as PositionScheme);
  const extension = (
    isObject(given) && "bands" in given ? { positions: given as PositionMapping } : given
  ) as ContextExtension;
  checkExtension("--method", extension);
  return extension;
};

const wordsOf = (error: unknown): string => withoutControls(error instanceof Error ? error.message : show(error));

/**
 * Loads the module.
 *
 * @throws Error when it does not load, TypeError when it has no default export, RangeError and TypeError when that is neither a
 *   mapping nor an extension, or one that contradicts itself: each with the path
 */
export const loadMethod = async (path: string): Promise<MethodModule> => {
  const module = (await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw new Error(`--method: ${path} must be a module that loads, got ${wordsOf(error)}`, { cause: error });
  })) as Readonly<Record<string, unknown>>;
  if (module["default"] === undefined)
    throw new TypeError(
      `--method: ${path} must have a default export, a mapping or an extension, got ${Object.keys(module).join(", ") || "none"}`,
    );
  try {
    return { path, extension: extensionIn(module["default"]) };
  } catch (error) {
    const Class = error instanceof TypeError ? TypeError : RangeError;
    throw new Class(`--method: ${path} must export a mapping or an extension, got ${wordsOf(error)}`, { cause: error });
  }
};
