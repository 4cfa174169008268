/** The models of `serve`, each with the name that requests use. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

export type NamedModel = { readonly name: string; readonly model: string };

/** The default name of a model: that of a folder or a file, without .onnx or .gguf; an id of the hub; or a shipped model's name. */
const nameOf = (model: string): string =>
  (existsSync(model) ? basename(resolve(model)).replace(/\.onnx$/, "") : model).replace(/\.gguf$/i, "");

/** Reads `model` or `name=model`. When a path of the whole text exists, the text names that path. */
export const readNamed = (text: string): NamedModel => {
  const at = text.indexOf("=");
  return at <= 0 || existsSync(text)
    ? { name: nameOf(text), model: text }
    : { name: text.slice(0, at), model: text.slice(at + 1) };
};

/** @throws RangeError for two models of one name */
export const checkNames = (models: readonly NamedModel[]): void => {
  const names = models.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new RangeError(`serve: models must have names of their own, got ${twice} twice; <name>=<model> gives one`);
};
