/**
 * Writes a folder whole: a reader sees what was there before, or all of the new folder.
 *
 *     <parent>/.ropewalk-folder-…     is filled first, file by file
 *     <parent>/<name>                 is its name in the end, by one rename
 *
 * If two write the same folder at once, the second to end gets an error. A writer that fails, is aborted or is ended removes what it wrote,
 * and the folders above that it made, as far as they are empty.
 */
import { checkPath } from "@ropewalk/check";
import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { chmod, lstat, readdir, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { statIfThere } from "./file-changes.ts";
import { newFolder, type NewFolder } from "./new-folder.ts";
import { ownFolder } from "./own-folder.ts";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const mustBeEmpty = (where: string, path: string, got: string): RangeError =>
  new RangeError(`${where}: ${path} must be an empty folder, got ${got}`);

/** The folder that the target names, behind links. */
const realTarget = async (where: string, target: string): Promise<string> => {
  const path = resolve(target);
  // A path that cannot be looked at is refused later, when it is written.
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() !== true) return path;
  return realpath(path).catch(() => {
    throw mustBeEmpty(where, path, "a link that leads nowhere");
  });
};

const taken = async (where: string, path: string): Promise<RangeError> => {
  const there = await readdir(path).catch(() => undefined);
  return mustBeEmpty(where, path, there === undefined ? "a file" : `${there.length} files`);
};

/** The permissions of an existing, empty folder; undefined where there is none. */
const modeOfEmpty = async (where: string, path: string): Promise<number | undefined> => {
  const found = await statIfThere(path);
  if (found === undefined) return undefined;
  if (!found.isDirectory() || (await readdir(path)).length > 0) throw await taken(where, path);
  const inside = await realpath(process.cwd()).catch(() => undefined);
  if (inside === (await realpath(path))) throw notReplaceable(where, path, "the working folder");
  return found.mode & 0o7777;
};

const notReplaceable = (where: string, path: string, got: string): RangeError =>
  new RangeError(
    `${where}: ${path} must be absent, or a folder that a new one can replace, got ${got}; name one in it`,
  );

/** Whether the error of a rename means that the name is taken. */
const isTaken = (error: unknown): boolean => ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(codeOf(error) ?? "");

const removeIfThere = (path: string): void => {
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
};

/**
 * Gives a folder its name, in place of an empty folder. Synchronous: a signal that ends the process has the folder removed, file by file, and
 * a rename in another thread could give its name to what is left of it.
 */
const putInPlace = (own: string, path: string): void => {
  // On other systems a rename replaces an empty folder, in one step.
  if (process.platform === "win32") removeIfThere(path);
  renameSync(own, path);
};

/** Tries the last rename while nothing is written yet, so that a refusal comes early; then makes the folder anew. */
const tryReplacing = async (where: string, own: string, path: string): Promise<void> => {
  try {
    putInPlace(own, path);
  } catch (error) {
    throw isTaken(error) ? await taken(where, path) : notReplaceable(where, path, String(codeOf(error)));
  }
  mkdirSync(own);
};

/**
 * Writes a folder whole.
 *
 * @param where - the function that errors name
 * @param target - the folder, which must be empty or absent, at first and at last
 * @param fill - writes its files
 * @returns what `fill` gives
 * @throws RangeError when the target is not empty, or another process has written it meanwhile; Error naming the file that the disk refuses
 */
export const writeWhole = async <T>(
  where: string,
  target: string,
  fill: (folder: NewFolder) => Promise<T>,
): Promise<T> => {
  checkPath(where, "folder", target);
  const path = await realTarget(where, target);
  const mode = await modeOfEmpty(where, path);
  const own = await ownFolder(dirname(path), ".ropewalk-folder", 0o777).catch((error: unknown) => {
    throw new Error(`${where}: ${path} could not be written: ${(error as Error).message}`, { cause: error });
  });
  try {
    if (mode !== undefined) {
      await chmod(own.path, mode);
      await tryReplacing(where, own.path, path);
    }
    const result = await fill(newFolder(where, own.path, path));
    if (mode !== undefined) await chmod(own.path, mode);
    try {
      putInPlace(own.path, path);
    } catch (error) {
      throw isTaken(error) ? await taken(where, path) : error;
    }
    own.letGo();
    return result;
  } catch (error) {
    // If that fails, it is tried once more when the process ends.
    await own.remove().catch(() => {});
    throw error;
  }
};
