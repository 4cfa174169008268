/**
 * What has become of a file since it was looked at, as the disk tells it without a reading of the file: its size, the time of its last write,
 * and its number (inode), which is another where another file has taken the name.
 */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

/** Codes of errors of a path that leads to nothing. ELOOP: a link that leads back to itself; the last: a null character in a name. */
const nothingThere: ReadonlySet<string | undefined> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ERR_INVALID_ARG_VALUE",
]);

/** `stat` of a path; undefined where there is nothing. */
export const statIfThere = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    if (nothingThere.has((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
};

/** What has changed, in words; undefined where nothing has. */
export const changeBetween = (was: Stats, is: Stats | undefined): string | undefined => {
  if (is === undefined) return "nothing there";
  if (is.size !== was.size) return `${is.size} bytes instead of ${was.size}`;
  if (is.mtimeMs !== was.mtimeMs) return `one that was written to at ${is.mtime.toISOString()}`;
  return is.ino === was.ino ? undefined : "another file of that name";
};

/**
 * Looks at files, and gives a check that they are as they were.
 *
 * @param where - the function that errors name
 * @returns a function that throws a RangeError with the path and the change of the first file that has changed
 */
export const watchFiles = async (where: string, paths: Iterable<string>): Promise<() => Promise<void>> => {
  const seen: (readonly [string, Stats])[] = [];
  for (const path of paths) {
    const was = await statIfThere(path);
    if (was !== undefined) seen.push([path, was]);
  }
  return async () => {
    for (const [path, was] of seen) {
      const change = changeBetween(was, await statIfThere(path));
      if (change !== undefined)
        throw new RangeError(`${where}: ${path} must stay as it is while it is read, got ${change}`);
    }
  };
};
