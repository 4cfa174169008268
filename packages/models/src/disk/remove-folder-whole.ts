/**
 * Removes a folder whole: a reader sees all of it or none of it.
 *
 *     <parent>/<name>                  becomes, by one rename,
 *     <parent>/.ropewalk-removed-…     which is emptied; where the process is killed meanwhile, the next one that writes there does it
 */
import { rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkPath } from "@ropewalk/check";
import { ownName } from "./folder-owner.ts";
import { removeAll, removeLeftovers } from "./own-folder.ts";

/** Nothing happens where there is no such folder. */
export const removeWhole = async (folder: string): Promise<void> => {
  checkPath("removeWhole", "folder", folder);
  const parent = dirname(resolve(folder));
  // A name is all that is needed: a disk that is full may have no room for another folder.
  const gone = join(parent, ownName(".ropewalk-removed"));
  const found = await rename(resolve(folder), gone).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return false;
    },
  );
  if (found) await rm(gone, removeAll);
  await removeLeftovers(parent);
};
