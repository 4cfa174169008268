/** What `serve` is asked for: models, each by a name that requests give it. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

export type NamedModel = { readonly name: string; readonly model: string };

/** A folder goes by its own name, one of the hub by its id, a shipped one by its name. */
const nameOf = (model: string): string => (existsSync(model) ? basename(resolve(model)).replace(/\.onnx$/, "") : model);

/** `model`, or `name=model`; what is there under the whole text is meant by it. */
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
