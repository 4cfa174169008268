/**
 * Where a command's picture goes: as asked, or into the current folder; nowhere with --json alone. It is written behind the
 * results, so that what keeps it from being written loses nothing else.
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
  // What is not there yet is written into its folder.
  return access(typeof found === "object" ? path : dirname(path), constants.W_OK).then(() => undefined, codeOf);
};

/**
 * To be called before the work that the picture shows.
 *
 * @throws Error when no file can be written there
 */
export const svgPath = async (
  { svg, json }: { readonly svg?: string; readonly json?: boolean },
  fallback: string,
): Promise<string | undefined> => {
  const path = svg ?? (json ? undefined : fallback);
  const problem = path === undefined ? undefined : await problemOf(path);
  if (problem !== undefined) throw new Error(`--svg: ${path} must be a writable file, got ${problem}`);
  return path;
};

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
  await writeFile(svg, picture()).catch(async (error: NodeJS.ErrnoException) => {
    // A part of a picture is none.
    const begun = await stat(svg).catch(() => undefined);
    if (begun?.isFile()) await rm(svg).catch(() => {});
    throw new Error(`--svg: ${svg} must be a writable file, got ${error.message}`, { cause: error });
  });
  if (!json) process.stdout.write(`\n${said}: ${svg}\n`);
};
