/**
 * A user's own method: a module that `--method` names by its path. Its default export is a mapping, the scheme of a mapping, or an
 * extension. Only named modules are loaded.
 */
import { checkExtension, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import type { PositionMapping } from "@ropewalk/position-mapping";
import { checkBands } from "@ropewalk/position-mapping/bands";
import { positionKinds, type PositionScheme } from "@ropewalk/position-mapping/scheme";
import { entropies, methods } from "./methods.ts";
import { exportsInWords, importModule } from "./import-module.ts";
import { namedFunctions, wordsOf } from "./named-functions.ts";

/** A user's own method: the module's path, and its extension. */
export type MethodModule = { readonly path: string; readonly extension: ContextExtension };

/** Whether `--method` names a file, not a method of the library. */
export const isModulePath = (method: string): boolean => /[\\/]/.test(method) || /\.[cm]?[jt]s$/.test(method);

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether the export is a bare scaling. Mappings and both scalings share the kind `custom`. */
const isScaling = ({ kind, ...fields }: { readonly kind: unknown }): boolean =>
  kind === "custom"
    ? "frequencies" in fields || "scale" in fields
    : Object.keys({ ...methods, ...entropies }).includes(String(kind)) &&
      !(positionKinds as readonly unknown[]).includes(kind);

/** A scheme or a mapping as an extension; any other export unchanged. */
const extensionOrMapping = (exported: unknown): unknown => {
  if (!isObject(exported)) return exported;
  if ("kind" in exported && !isScaling(exported)) return withPositions(exported as PositionScheme);
  if ("bands" in exported) return { positions: exported as PositionMapping };
  return exported;
};

/** The extension that a default export states. */
const extensionIn = (exported: unknown): ContextExtension => {
  const extension = extensionOrMapping(exported) as ContextExtension;
  checkExtension("--method", extension);
  const { positions, rope, entropy } = extension;
  // An extension that sets nothing would run the plain model in silence.
  if (positions === undefined && rope === undefined && entropy === undefined)
    throw new TypeError("--method: extension must set positions, rope or entropy, got none of them");
  if (positions !== undefined) checkBands({}, positions);
  return extension;
};

/**
 * Loads the module.
 *
 * @throws Error when the module does not load or one of its functions throws, now or later; TypeError when it has no default export;
 *   RangeError or TypeError when the export is no mapping or extension, or contradicts itself. Each error names the path
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
