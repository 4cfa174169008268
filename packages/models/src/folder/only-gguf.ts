/** The GGUF model of a folder that has no config.json. */
import { show } from "@ropewalk/check";
import { ggufModels } from "../gguf/model-names.ts";

/** @throws RangeError naming the function and the folder, where there is none, or more than one */
export const onlyGguf = (where: string, folder: string, files: readonly string[]): string => {
  const models = ggufModels(files.toSorted());
  const [model, ...others] = models;
  if (model === undefined) throw new RangeError(`${where}: ${folder} must have a file config.json, got nothing`);
  if (others.length > 0)
    throw new RangeError(`${where}: ${folder} must have one GGUF model, or be the path of one, got ${show(models)}`);
  return model;
};
