/** Token ids from a file: a JSON array of integers. */
import { readFile } from "node:fs/promises";

export const readIds = async (path: string): Promise<readonly number[]> => {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--ids: ${path} must be a readable file, got ${error.code}`, { cause: error });
  });
  let ids: unknown;
  try {
    ids = JSON.parse(text);
  } catch (error) {
    throw new Error(`--ids: ${path} must be JSON, got ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "number"))
    throw new TypeError(`--ids: ${path} must hold an array of numbers, got ${text.slice(0, 40)}`);
  return ids as readonly number[];
};
