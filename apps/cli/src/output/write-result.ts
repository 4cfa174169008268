/**
 * Writes what a command gives to a file, whole: an existing file stays as it was until all of the new one is there. What is no file, such as
 * /dev/stdout or a pipe, is written to as it comes.
 */
import { writeFileWhole } from "@ropewalk/models/files";
import { constants } from "node:fs";
import { access, realpath, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const codeOf = ({ code }: NodeJS.ErrnoException): string | undefined => code;

const refusal = (path: string): Promise<string | undefined> =>
  access(path, constants.W_OK).then(() => undefined, codeOf);

/** Why no file can be written at `path`: the system's code; undefined when one can. */
const problemOf = async (path: string): Promise<string | undefined> => {
  const found = await stat(path).catch(codeOf);
  if (typeof found !== "object") return found === "ENOENT" ? refusal(dirname(path)) : found;
  if (found.isDirectory()) return "EISDIR";
  // The new file is made in the folder of the old one.
  return (await refusal(path)) ?? (found.isFile() ? refusal(dirname(await realpath(path))) : undefined);
};

/**
 * Checks the path before the work whose result goes there.
 *
 * @throws Error when no file can be written there
 */
export const checkWritable = async (flag: string, path: string): Promise<void> => {
  const problem = await problemOf(path);
  if (problem !== undefined) throw new Error(`${flag}: ${path} must be a writable file, got ${problem}`);
};

const bytesOf = async function* (content: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of content) yield encoder.encode(piece);
};

/**
 * @param content - a text, or pieces of one
 * @throws Error that names the flag and the file where the disk refuses; whatever the pieces throw
 */
export const writeResult = async (
  flag: string,
  path: string,
  content: string | AsyncIterable<string>,
): Promise<void> => {
  // A folder that is missing is more likely misspelt than wanted.
  await checkWritable(flag, path);
  const found = await stat(path).catch(() => undefined);
  try {
    if (found !== undefined && !found.isFile()) await writeFile(path, content);
    else await writeFileWhole(flag, path, bytesOf(typeof content === "string" ? [content] : content));
  } catch (error) {
    const { code, message, cause } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const got = cause instanceof Error ? cause.message : message;
    throw new Error(`${flag}: ${path} must be a writable file, got ${got}`, { cause: error });
  }
};
