/**
 * Where a command's picture goes: to the asked path, or else into the current folder; nowhere with --json alone. The picture is written
 * after the results, so that a failure to write it loses nothing else.
 */
import { constants } from "node:fs";
import { access, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const codeOf = ({ code }: NodeJS.ErrnoException): string | undefined => code;

/** Why no file can be written at `path`: the system's code; undefined when one can. */
const problemOf = async (path: string): Promise<string | undefined> => {
  const found = await stat(path).catch(codeOf);
  if (typeof found === "object" && found.isDirectory()) return "EISDIR";
  if (typeof found === "string" && found !== "ENOENT") return found;
  // A new file needs a writable folder.
  return access(typeof found === "object" ? path : dirname(path), constants.W_OK).then(() => undefined, codeOf);
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

/** @throws Error when no file can be written there */
export const svgPath = async (
  { svg, json }: { readonly svg?: string; readonly json?: boolean },
  fallback: string,
): Promise<string | undefined> => {
  const path = svg ?? (json ? undefined : fallback);
  if (path !== undefined) await checkWritable("--svg", path);
  return path;
};

/** @throws Error that names the flag and the file */
export const writeResult = (flag: string, path: string, content: string): Promise<void> =>
  writeFile(path, content).catch(async (error: NodeJS.ErrnoException) => {
    // A partly written picture is removed.
    const begun = await stat(path).catch(() => undefined);
    if (begun?.isFile()) await rm(path).catch(() => {});
    throw new Error(`${flag}: ${path} must be a writable file, got ${error.message}`, { cause: error });
  });

/**
 * Writes the picture, and says where it is.
 *
 * @throws Error that names the file
 */
export const writeSvg = async (
  { svg, json, said }: { readonly svg: string | undefined; readonly json: boolean | undefined; readonly said: string },
  picture: () => string,
): Promise<void> => {
  if (svg === undefined) return;
  await writeResult("--svg", svg, picture());
  if (!json) process.stdout.write(`\n${said}: ${svg}\n`);
};
