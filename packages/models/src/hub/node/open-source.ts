/** A model as people write it: the path of a folder or of a GGUF file, a name of Ollama's, or an id on the hub. */
import { check, checkPath } from "@ropewalk/check";
import { resolve } from "node:path";
import { ollamaPrefix, openOllama } from "../../disk/open-ollama.ts";
import { openFolder } from "../../disk/open-folder.ts";
import type { CheckpointFolder } from "../../folder/checkpoint-folder.ts";
import { checkSourceOptions, type SourceOptions } from "../hub-options.ts";
import { isId, looksLikePath, parseRepositoryName } from "../repository-name.ts";
import { exists } from "./cache-folder.ts";
import { openHub, warn } from "./open-hub.ts";

/** A model's file by its name. Behind a colon stands one of the hub. */
const fileForm = /^[^:]*\.(?:gguf|onnx)$/i;

/** `folder/` of `folder/name`. With `@` or a colon it is the owner of a repository. */
const firstFolder = /^([^/\\:@]+)[/\\][^:@]+$/;

/** Whether a name that is not on the disk means a path: it names a model's file, or its first folder is there. */
const meansPath = async (source: string): Promise<boolean> => {
  const folder = firstFolder.exec(source)?.[1];
  return fileForm.test(source) || (folder !== undefined && (await exists(folder)));
};

/** @throws RangeError that says where nothing was found, and how the repository of that id is named, if it may be one */
const refuseAbsent = (source: string): never => {
  const onHub = isId(source) ? `; ${source}@main is the one on the hub` : "";
  throw new RangeError(
    `openSource: ${source} must be a path that is there, got no file of this name at ${resolve(source)}${onHub}`,
  );
};

/**
 * Opens the folder or GGUF file of that path, the model of Ollama's of that name (`ollama:name`), or else the repository of that id:
 * `owner/name`, `owner/name@revision`, or `owner/name:Q4_K_M` for one of its GGUF files.
 *
 * @throws RangeError when it is neither, or names a file of a model (`.gguf`, `.onnx`) or something in a folder that is there, and is not there
 *   itself: then the hub is not asked; as `openFolder` and `openHub` do
 */
export const openSource = async (source: string, options: SourceOptions = {}): Promise<CheckpointFolder> => {
  check(typeof source === "string", "openSource: source must be a path or an id", source, "string");
  checkPath("openSource", "source", source);
  checkSourceOptions(options);
  if (source.startsWith(ollamaPrefix)) return openOllama(source, options.onNotice ?? warn);
  if (looksLikePath(source) || (await exists(source))) return openFolder(source);
  if (await meansPath(source)) refuseAbsent(source);
  return openHub({ ...options, ...parseRepositoryName(source) });
};
