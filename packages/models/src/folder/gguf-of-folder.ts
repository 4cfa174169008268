/** Which GGUF file of a folder is the model, on a disk and in a page alike. */
import { show } from "@ropewalk/check";
import { ggufModels } from "../gguf/model-names.ts";

const configs: ReadonlySet<string> = new Set(["config.json", "adapter_config.json"]);

/** Weights of a checkpoint, an adapter or an export. */
const isOther = (file: string): boolean => /\.(?:safetensors|onnx)$|^onnx$/.test(file);

/**
 * The GGUF model of a folder; undefined where the folder is a checkpoint's, an adapter's or an export's. A repository of GGUF files may have a
 * config.json too, which belongs to none of its weights.
 *
 * @param files - the names of what lies in the folder
 * @throws RangeError naming the function and the folder, where there is neither a config.json nor a GGUF model, or more than one GGUF model
 */
export const ggufOfFolder = (where: string, folder: string, files: readonly string[]): string | undefined => {
  const models = ggufModels(files.toSorted());
  const hasConfig = files.some((file) => configs.has(file));
  if (hasConfig && (models.length === 0 || files.some(isOther))) return undefined;
  const [model, ...others] = models;
  if (model === undefined) throw new RangeError(`${where}: ${folder} must have a file config.json, got nothing`);
  if (others.length > 0)
    throw new RangeError(`${where}: ${folder} must have one GGUF model, or be the path of one, got ${show(models)}`);
  return model;
};
