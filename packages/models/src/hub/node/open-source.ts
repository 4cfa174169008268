/** A model as people write it: the path of a folder or of a GGUF file, a name of Ollama's, or an id on the hub. */
import { check, checkPath } from "@ropewalk/check";
import { ollamaPrefix, openOllama } from "../../disk/open-ollama.ts";
import { openFolder } from "../../disk/open-folder.ts";
import type { CheckpointFolder } from "../../folder/checkpoint-folder.ts";
import { checkSourceOptions, type SourceOptions } from "../hub-options.ts";
import { looksLikePath, parseRepositoryName } from "../repository-name.ts";
import { exists } from "./cache-folder.ts";
import { openHub, warn } from "./open-hub.ts";

/**
 * Opens the folder or GGUF file of that path, the model of Ollama's of that name (`ollama:name`), or else the repository of that id:
 * `owner/name`, `owner/name@revision`, or `owner/name:Q4_K_M` for one of its GGUF files.
 *
 * @throws RangeError when it is neither; as `openFolder` and `openHub` do
 */
export const openSource = async (source: string, options: SourceOptions = {}): Promise<CheckpointFolder> => {
  check(typeof source === "string", "openSource: source must be a path or an id", source, "string");
  checkPath("openSource", "source", source);
  checkSourceOptions(options);
  if (source.startsWith(ollamaPrefix)) return openOllama(source, options.onNotice ?? warn);
  if (looksLikePath(source) || (await exists(source))) return openFolder(source);
  return openHub({ ...options, ...parseRepositoryName(source) });
};
