/** Token ids from a file or a pipe: a JSON array of integers, or an object that has one as `ids`, as `tokenize --json` prints. */
import { show } from "@ropewalk/check";
import { readJson } from "./read-file.ts";

export const readIds = async (path: string): Promise<readonly number[]> => {
  const read = await readJson("--ids", path);
  const ids: unknown = typeof read === "object" && read !== null && "ids" in read ? read.ids : read;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "number"))
    throw new TypeError(`--ids: ${path} must hold an array of numbers, got ${show(ids)}`);
  return ids as readonly number[];
};
