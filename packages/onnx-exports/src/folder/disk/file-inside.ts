/**
 * Files of an export's folder, behind their links. One that leads out of the folder is refused: what it leads to is not the
 * export's to give away. In the hub's cache every file of a snapshot is a link to that repository's own blobs.
 */
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { refuse } from "../../errors.ts";

/** A snapshot of the hub's cache, or a folder in one; the repository's folder is the first group. */
const snapshot = /^(.*[/\\]models--[^/\\]+)[/\\]snapshots[/\\][0-9a-f]{40}(?:[/\\]|$)/;

const isIn = (folder: string, path: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/**
 * Where a file's content lies.
 *
 * @param file - relative to the folder
 * @returns undefined where there is no such file; folders, pipes and devices are none
 */
export const fileInside = async (source: string, file: string): Promise<string | undefined> => {
  const path = await realpath(join(source, file)).catch(() => undefined);
  if (path === undefined || !(await stat(path)).isFile()) return undefined;
  const folder = await realpath(source);
  const repository = snapshot.exec(folder)?.[1];
  const homes = [folder, ...(repository === undefined ? [] : [join(repository, "blobs")])];
  if (!homes.some((home) => isIn(home, path)))
    refuse(`"${file}" must lie in "${source}" itself, got a link to "${path}"; put a copy there, or take it away`);
  return path;
};
