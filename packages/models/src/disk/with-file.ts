/** Opens a file to be read a range at a time. It stays the same file, also if another takes its name meanwhile. */
import { open } from "node:fs/promises";
import type { ByteSource } from "../folder/checkpoint-folder.ts";
import { statIfThere } from "./file-changes.ts";
import { readFrom } from "./open-folder.ts";
import { pathOfFile } from "./path-of-file.ts";

/**
 * What `use` gives for the file; the file is closed when `use` has ended.
 *
 * @param where - the function that errors name
 * @throws RangeError when there is no file of that path
 */
export const withFile = async <T>(
  where: string,
  file: string | URL,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> => {
  const path = pathOfFile(where, file);
  const found = await statIfThere(path);
  const got = found === undefined ? "nothing" : found.isDirectory() ? "a folder" : "no file";
  if (!found?.isFile()) throw new RangeError(`${where}: ${path} must be a file, got ${got}`);
  const handle = await open(path).catch((error: unknown) => {
    throw new Error(`${where}: ${path} could not be read: ${(error as Error).message}`, { cause: error });
  });
  try {
    const { size } = await handle.stat();
    return await use({ size, read: (from, to) => readFrom(handle, path, from, to) });
  } finally {
    await handle.close();
  }
};
