/** An export by its folder, or by the path of its model. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { listFiles } from "@ropewalk/models/node";

export type FoundExport = {
  readonly folder: string;
  /** Relative to the folder. */
  readonly model: string;
};

/** The folder of a model's file: the nearest that has a config.json, the file's own or the one above. */
const folderOf = (path: string): string => {
  const folder = dirname(path);
  return [folder, dirname(folder)].find((place) => existsSync(join(place, "config.json"))) ?? folder;
};

const refuseGguf = (path: string): never => {
  throw new RangeError(
    `findExport: ${path} must be an ONNX export, got a GGUF file, which has no graph to rewrite; ` +
      "generate, chat and serve run it with a longer window as it is, by the same flags",
  );
};

/** @throws RangeError when there is nothing at the path, no model, a GGUF file, or several models to choose from */
export const findExport = async (path: string): Promise<FoundExport> => {
  if (/\.gguf$|^ollama:/i.test(path)) refuseGguf(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new RangeError(`findExport: ${path} must be a folder or a model's file, got nothing there`);
  if (found.isFile()) {
    const folder = folderOf(path);
    return { folder, model: relative(folder, path) || basename(path) };
  }
  const { files } = await listFiles("findExport", path);
  const models = files.filter((file) => file.endsWith(".onnx"));
  const [model] = models;
  if (model === undefined && files.some((file) => /\.gguf$/i.test(file))) refuseGguf(path);
  if (model === undefined)
    throw new RangeError(
      `findExport: ${path} must have an .onnx file, got none; a checkpoint is extended where it runs, by --method`,
    );
  if (models.length > 1)
    throw new RangeError(
      `findExport: ${path} has several models, and one must be named by its path, got ${models.join(", ")}`,
    );
  return { folder: path, model };
};
