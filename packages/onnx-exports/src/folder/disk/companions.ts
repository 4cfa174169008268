/** Files of an export that are copied as they are: tokenizer, chat templates, generation settings, licence. */
import { listFiles } from "@ropewalk/models/node";
import { fileInside } from "./file-inside.ts";

/** Whether a file is a model, or weights of any precision and format: gigabytes that the new folder's model does not read. */
const isModelOrWeights = (file: string): boolean =>
  /\.onnx$|\.onnx[._]data(_\d+)?$|\.(safetensors|bin|pt|pth|ckpt|gguf|h5|msgpack|tflite)$|\.index\.json$/.test(file);

export type Companions = {
  /** The paths of the files' contents, by the files' places in the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Sentences about other entries of the folder that are left out. */
  readonly notices: readonly string[];
};

/**
 * Lists the files of an export's folder that are copied as they are.
 *
 * @param known - files that are not listed, since they are written or copied anyway
 * @throws RangeError when a file is a link out of the folder, or the folder is too large to be a model's
 */
export const companionsOf = async (source: string, known: ReadonlySet<string>): Promise<Companions> => {
  const { files, others } = await listFiles("extendFolder", source);
  const found = new Map<string, string>();
  for (const file of files) {
    if (isModelOrWeights(file) || known.has(file)) continue;
    const path = await fileInside(source, file);
    if (path !== undefined) found.set(file, path);
  }
  return {
    files: found,
    notices: [...others].map(([file, what]) => `${JSON.stringify(file)} is left out: it is ${what}`),
  };
};
