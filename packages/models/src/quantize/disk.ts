/** Converted checkpoints on a disk, for Node. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadCheckpoint, type Checkpoint } from "../checkpoint.ts";
import { openFolder } from "../open-folder.ts";
import { convertCheckpoint, type ConvertedFile } from "./convert.ts";
import type { Precision } from "./precision.ts";

/**
 * Writes files into a folder, which is made where it is not there; one after another, part by part. When one fails, none is
 * left, nor the folder if it was made here.
 *
 * @returns the bytes written
 * @throws RangeError when the folder is there and not empty
 */
export const writeFolder = async (folder: string, files: readonly ConvertedFile[]): Promise<number> => {
  const path = resolve(folder);
  const made = await mkdir(path, { recursive: true });
  const there = await readdir(path);
  if (there.length > 0) throw new RangeError(`writeFolder: ${path} must be an empty folder, got ${there.length} files`);
  try {
    let total = 0;
    for (const { name, parts } of files) {
      await writeFile(join(path, name), parts);
      total += (await stat(join(path, name))).size;
    }
    return total;
  } catch (error) {
    await Promise.all(files.map(({ name }) => rm(join(path, name), { force: true })));
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw error;
  }
};

/**
 * Rounds a checkpoint's matrices into a temporary folder, to be memory-mapped from there: memory holds one matrix at a time.
 *
 * @param onProgress - called after each tensor
 * @returns the checkpoint, and what removes the folder once no session reads it
 * @throws RangeError when they are in blocks already, or have an element that is not finite
 */
export const quantizeOnDisk = async (
  checkpoint: Checkpoint,
  precision: Precision,
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly checkpoint: Checkpoint; readonly remove: () => Promise<void> }> => {
  const files = await convertCheckpoint(checkpoint, precision, onProgress);
  const folder = await mkdtemp(join(tmpdir(), `ropewalk-${precision}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFolder(folder, files);
    return { checkpoint: { ...(await loadCheckpoint(await openFolder(folder))), name: checkpoint.name }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
};
