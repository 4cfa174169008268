/**
 * Follows the links of a file in a model's folder. What a caller names, a folder or a GGUF file, is followed wherever it leads. What lies
 * in a folder may come from a stranger: a link that leads out of it could give away any file that the process can read. In the hub's
 * cache every file of a snapshot is a link to the blobs of its own repository, which belong to it.
 */
import { realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { showName } from "@ropewalk/check";

/** A snapshot of the hub's cache, or a folder in one; the repository's folder is the first group. */
const snapshot = /^(.*[/\\]models--[^/\\]+)[/\\]snapshots[/\\][0-9a-f]{40}(?:[/\\]|$)/;

const leadsOut = (from: string, to: string): boolean => {
  const way = relative(from, to);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
};

/**
 * The path of a file's content. The file must exist.
 *
 * @param file - relative to the folder
 * @returns `refused`: a clause that says why the file is none of the folder's; undefined where it is one
 */
export const followLinks = async (
  folder: string,
  file: string,
): Promise<{ readonly path: string; readonly refused: string | undefined }> => {
  const [own, path] = await Promise.all([realpath(folder), realpath(join(folder, file))]);
  const repository = snapshot.exec(own)?.[1];
  const allowed = [own, ...(repository === undefined ? [] : [join(repository, "blobs")])];
  if (allowed.some((each) => !leadsOut(each, path))) return { path, refused: undefined };
  const got = leadsOut(resolve(folder), resolve(folder, file)) ? "one outside" : `a link to "${showName(path)}"`;
  return {
    path,
    refused: `"${showName(file)}" must lie in "${showName(folder)}" itself, got ${got}; put a copy there, or take it away`,
  };
};
