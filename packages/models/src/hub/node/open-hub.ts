/** A repository of the hub, through the cache folder that every library of the hub shares, for Node. */
import type { CheckpointFolder } from "../../folder/checkpoint-folder.ts";
import { hubFrom, type HubOptions } from "../hub-options.ts";
import { openRepository } from "../open-repository.ts";
import { cacheFolderStorage } from "./cache-folder-storage.ts";

/** Gets notices where `onNotice` is absent. */
export const warn = (notice: string): void => process.emitWarning(notice);

/**
 * Opens a repository of the hub, as `openRepository` does.
 *
 * @throws RangeError when the id, the revision, the token or a file's name is not valid, or there is no config.json
 * @throws Error as `openRepository` does
 */
export const openHub = async (options: HubOptions): Promise<CheckpointFolder> => {
  const hub = hubFrom(options, { environment: process.env, warn });
  return openRepository(hub, cacheFolderStorage(hub, options.cacheFolder));
};
