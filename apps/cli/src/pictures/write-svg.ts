/**
 * Where a command's picture goes: to the asked path, or else into the current folder; nowhere with --json alone. The picture is written
 * after the results, so that a failure to write it loses nothing else.
 */
import { checkWritable, writeResult } from "../output/write-result.ts";

/** @throws Error when no file can be written there */
export const svgPath = async (
  { svg, json }: { readonly svg?: string; readonly json?: boolean },
  fallback: string,
): Promise<string | undefined> => {
  const path = svg ?? (json ? undefined : fallback);
  if (path !== undefined) await checkWritable("--svg", path);
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
  await writeResult("--svg", svg, picture());
  if (!json) process.stdout.write(`\n${said}: ${svg}\n`);
};
