/**
 * Follows the links of files in an export's folder. A link that leads out of the folder is refused, since its target does not belong to
 * the export. In the hub's cache every file of a snapshot is a link to the blobs of its repository, which are allowed.
 */
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { refuse } from "../../errors.ts";

/** A snapshot of the hub's cache, or a folder in one; the repository's folder is the first group. */
const snapshot = /^(.*[/\\]models--[^/\\]+)[/\\]snapshots[/\\][0-9a-f]{40}(?:[/\\]|$)/;

const isIn = (folder: string, path: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/**
 * The path of a file's content.
 *
 * @param file - relative to the folder
 * @returns undefined if there is no such file; folders, pipes and devices do not count
 * @throws RangeError when the file is a link out of the folder
 */
export const fileInside = async (source: string, file: string): Promise<string | undefined> => {
  const path = await realpath(join(source, file)).catch(() => undefined);
  if (path === undefined || !(await stat(path)).isFile()) return undefined;
  const folder = await realpath(source);
  const repository = snapshot.exec(folder)?.[1];
  const allowedFolders = [folder, ...(repository === undefined ? [] : [join(repository, "blobs")])];
  if (!allowedFolders.some((allowed) => isIn(allowed, path)))
    refuse(`"${file}" must lie in "${source}" itself, got a link to "${path}"; put a copy there, or take it away`);
  return path;
};
