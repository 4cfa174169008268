/** The files of an export's folder, and of no other. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { followLinks } from "@ropewalk/models/node";
import { refuse } from "../../errors.ts";

/**
 * The path of a file's content.
 *
 * @param file - relative to the folder
 * @returns undefined if there is no such file; folders, pipes and devices do not count
 * @throws RangeError when the file is a link out of the folder
 */
export const fileInside = async (source: string, file: string): Promise<string | undefined> => {
  const found = await stat(join(source, file)).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { path, refused } = await followLinks(source, file);
  return refused === undefined ? path : refuse(refused);
};
