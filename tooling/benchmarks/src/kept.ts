/** What takes long to make is kept in the temporary folder: made where it is not there, and anew where it was not finished. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(tmpdir(), "ropewalk-bench");

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The path of a file or folder; `make` writes it to the path that it is given. Says on stderr when it has to. */
export const kept = async (name: string, make: (path: string) => Promise<unknown>): Promise<string> => {
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

/** Throws away all of it. */
export const discardKept = (): Promise<void> => rm(root, { recursive: true, force: true });
