/**
 * Writes a file whole: a reader sees the old content or all of the new, also when the process is killed meanwhile or the power fails.
 *
 *     <folder>/.ropewalk-file-…/<name>     is filled first, and synced to the disk
 *     <folder>/<name>                      is its name in the end, by one rename
 */
import { chmod, open, realpath, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { statIfThere } from "./file-changes.ts";
import { ownFolder } from "./own-folder.ts";
import { pathOfFile } from "./path-of-file.ts";

export type FileParts = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Syncs a folder, so that the new name reaches the disk too. Not every system can. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
};

/**
 * Writes a file whole, in place of an existing one.
 *
 * @param where - the function that errors name
 * @returns how many bytes it has
 * @throws RangeError where a folder has that path; Error naming the path where the disk refuses; whatever the parts throw. An existing file
 *   stays as it was then.
 */
export const writeFileWhole = async (where: string, file: string | URL, parts: FileParts): Promise<number> => {
  const asked = pathOfFile(where, file);
  const before = await statIfThere(asked);
  if (before !== undefined && !before.isFile())
    throw new RangeError(
      `${where}: ${asked} must be absent or a file, got ${before.isDirectory() ? "a folder" : "no file"}`,
    );
  // If the path is a link, the file that it leads to is replaced.
  const path = before === undefined ? asked : await realpath(asked);
  const refused = (error: unknown): never => {
    throw Object.assign(
      new Error(`${where}: ${path} could not be written: ${(error as Error).message}`, { cause: error }),
      { code: (error as NodeJS.ErrnoException).code },
    );
  };
  const own = await ownFolder(dirname(path), ".ropewalk-file").catch(refused);
  let bytes = 0;
  try {
    const filled = join(own.path, basename(path));
    const handle = await open(filled, "wx").catch(refused);
    try {
      for await (const part of parts) {
        await handle.writeFile(part).catch(refused);
        bytes += part.byteLength;
      }
      await handle.sync().catch(refused);
    } finally {
      await handle.close();
    }
    if (before !== undefined) await chmod(filled, before.mode & 0o7777).catch(refused);
    await rename(filled, path).catch(refused);
    await syncFolder(dirname(path));
  } catch (error) {
    await own.remove().catch(() => {});
    throw error;
  }
  await own.remove();
  return bytes;
};
