/** A file that is read a range at a time, as it is when it is opened, also where another takes its name meanwhile. */
import { open } from "node:fs/promises";
import type { ByteSource } from "../folder/checkpoint-folder.ts";
import { look, readFrom } from "./open-folder.ts";
import { pathOfFile } from "./path-of-file.ts";

/**
 * @param where - the function that errors name
 * @param use - what is done with it; it is closed when that has ended
 * @throws RangeError when there is no file of that path
 */
export const withFile = async <T>(
  where: string,
  file: string | URL,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> => {
  const path = pathOfFile(where, file);
  const found = await look(path);
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
