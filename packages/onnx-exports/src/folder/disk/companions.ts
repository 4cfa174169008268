/** What else belongs to an export: tokenizer, chat templates, generation settings, licence. */
import { listFiles } from "@ropewalk/models/node";
import { fileInside } from "./file-inside.ts";

/** Models, and weights of any precision and format: gigabytes that the new folder's model does not read. */
const isWeights = (file: string): boolean =>
  /\.onnx$|\.onnx[._]data(_\d+)?$|\.(safetensors|bin|pt|pth|ckpt|gguf|h5|msgpack|tflite)$|\.index\.json$/.test(file);

export type Companions = {
  /** Where each lies, by its place in the folder. */
  readonly files: ReadonlyMap<string, string>;
  /** What is left out though it is no weights, in sentences. */
  readonly notices: readonly string[];
};

/**
 * @param known - files that are written or carried anyway
 * @throws RangeError when one is a link out of the folder, or the folder is too large to be a model's
 */
export const companionsOf = async (source: string, known: ReadonlySet<string>): Promise<Companions> => {
  const { files, others } = await listFiles("extendFolder", source);
  const found = new Map<string, string>();
  for (const file of files) {
    if (isWeights(file) || known.has(file)) continue;
    const path = await fileInside(source, file);
    if (path !== undefined) found.set(file, path);
  }
  return {
    files: found,
    notices: [...others].map(([file, what]) => `${JSON.stringify(file)} is left out: it is ${what}`),
  };
};
