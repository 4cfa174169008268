/** A model as people write it: the path of a folder, or an id on the hub. */
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { check, checkKeys } from "@ropewalk/check";
import { openFolder } from "../disk/open-folder.ts";
import { exists } from "./cache-folder.ts";
import { openHub } from "./open-hub.ts";
import { idForm, type HubOptions } from "./hub-options.ts";

export type SourceOptions = Omit<HubOptions, "id" | "revision">;

/** `.`, `/` or `\`, `~`, or a drive's letter. */
const pathForm = /^(?:[./\\~]|[A-Za-z]:)/;

/**
 * Opens the folder of that path, or else the repository of that id: `owner/name`, or `owner/name@revision`.
 *
 * @throws RangeError when it is neither; as `openFolder` and `openHub` do
 */
export const openSource = async (source: string, options: SourceOptions = {}): Promise<CheckpointFolder> => {
  check(typeof source === "string", "openSource: source must be a path or an id", source, "string");
  checkKeys<SourceOptions>("openSource", "options", options, {
    ...{ cacheFolder: true, token: true, endpoint: true, fetch: true, timeout: true },
    ...{ signal: true, onProgress: true, onNotice: true },
  });
  if (pathForm.test(source) || (await exists(source))) return openFolder(source);
  const [id = "", ...revision] = source.split("@");
  check(
    idForm.test(id),
    "openSource: a model must be the path of a folder, or owner/name or owner/name@revision on the hub",
    source,
  );
  return openHub({ ...options, id, ...(source === id ? {} : { revision: revision.join("@") }) });
};
