/**
 * A method of one's own: a module that `--method` names by its path, whose default export is a mapping, what a mapping is made of, or an
 * extension. Nothing is loaded that was not named.
 */
import { checkExtension, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import type { PositionMapping } from "@ropewalk/position-mapping";
import { checkBands } from "@ropewalk/position-mapping/bands";
import { positionKinds, type PositionScheme } from "@ropewalk/position-mapping/scheme";
import { entropies, methods } from "./methods.ts";
import { exportsInWords, importModule } from "./import-module.ts";
import { namedFunctions, wordsOf } from "./named-functions.ts";

/** A method as the flags have it: the path of a module, and what it is. */
export type MethodModule = { readonly path: string; readonly extension: ContextExtension };

/** Whether what `--method` names is a file and no method of the library's. */
export const isModulePath = (method: string): boolean => /[\\/]/.test(method) || /\.[cm]?[jt]s$/.test(method);

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether it is a scaling by itself. A kind `custom` is one's own in mappings and in both scalings. */
const isScaling = ({ kind, ...fields }: { readonly kind: unknown }): boolean =>
  kind === "custom"
    ? "frequencies" in fields || "scale" in fields
    : Object.keys({ ...methods, ...entropies }).includes(String(kind)) &&
      !(positionKinds as readonly unknown[]).includes(kind);

/** The extension that a default export is. */
const extensionIn = (given: unknown): ContextExtension => {
  const extension = (
    isObject(given) && "kind" in given && !isScaling(given)
      ? withPositions(given as PositionScheme)
      : isObject(given) && "bands" in given
        ? { positions: given as PositionMapping }
        : given
  ) as ContextExtension;
  checkExtension("--method", extension);
  const { positions, rope, entropy } = extension;
  // One that is made wrong would run the plain model.
  if (positions === undefined && rope === undefined && entropy === undefined)
    throw new TypeError("--method: extension must set positions, rope or entropy, got none of them");
  if (positions !== undefined) checkBands({}, positions);
  return extension;
};

/**
 * Loads the module.
 *
 * @throws Error when it does not load, TypeError when it has no default export, RangeError and TypeError when that is neither a
 *   mapping nor an extension, or one that contradicts itself, Error when one of its functions throws, now or later: each with the path
 */
export const loadMethod = async (path: string): Promise<MethodModule> => {
  const module = await importModule("--method", path, `; --extension ${path} is meant?`);
  if (module["default"] === undefined)
    throw new TypeError(
      `--method: ${path} must have a default export, a mapping or an extension, got ${exportsInWords(module)}`,
    );
  const functions = namedFunctions(`--method: ${path}`);
  try {
    return { path, extension: extensionIn(functions.of(module["default"])) };
  } catch (error) {
    if (functions.threw(error)) throw error;
    const Class = error instanceof TypeError ? TypeError : RangeError;
    throw new Class(`--method: ${path} must export a mapping or an extension, got ${wordsOf(error)}`, { cause: error });
  }
};
