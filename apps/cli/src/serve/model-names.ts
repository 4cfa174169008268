/** The models of `serve`, each with the name that requests use. */
import { existsSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { openFolder } from "@ropewalk/models/node";

export type NamedModel = { readonly name: string; readonly model: string };

/** The last name of a path. A folder whose model is a GGUF file has that file's name, as everywhere. */
const nameAt = async (path: string): Promise<string> =>
  statSync(path).isDirectory() ? (await openFolder(path)).name : basename(path).replace(/\.onnx$/, "");

/** The default name of a model: that of a folder or a file, without .onnx or .gguf; an id of the hub; or a shipped model's name. */
const nameOf = async (model: string): Promise<string> =>
  (existsSync(model) ? await nameAt(resolve(model)) : model).replace(/\.gguf$/i, "");

/**
 * Reads `model` or `name=model`. When a path of the whole text exists, the text names that path.
 *
 * @throws RangeError for a folder that is no model's
 */
export const readNamed = async (text: string): Promise<NamedModel> => {
  const at = text.indexOf("=");
  return at <= 0 || existsSync(text)
    ? { name: await nameOf(text), model: text }
    : { name: text.slice(0, at), model: text.slice(at + 1) };
};

/** @throws RangeError for two models of one name */
export const checkNames = (models: readonly NamedModel[]): void => {
  const names = models.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new RangeError(`serve: models must have names of their own, got ${twice} twice; <name>=<model> gives one`);
};
