/** Folders for the files of tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

const removeAll = (): void => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
};

/** A new empty folder, whose path has a space in it. It is removed at the end of the process, unless the test does it earlier. */
export const scratchFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk test "));
  if (made.size === 0) process.once("exit", removeAll);
  made.add(folder);
  return folder;
};
