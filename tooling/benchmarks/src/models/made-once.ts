/** Files and folders that take long to make are made once, in the temporary folder. One that was not finished is made anew. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(tmpdir(), "ropewalk-bench");

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The path of a file or folder. Where it is not there yet, `make` writes it to the path that it is given, and stderr says so. */
export const madeOnce = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
  const path = join(root, name);
  if (await exists(path)) return path;
  console.error(`making ${path}`);
  await mkdir(root, { recursive: true });
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await make(unfinished);
  await rename(unfinished, path);
  return path;
};

/** Removes everything that was made. */
export const discardMade = (): Promise<void> => rm(root, { recursive: true, force: true });
