/** Writes converted checkpoints to a disk, for Node. */
import { tmpdir } from "node:os";
import { loadCheckpoint, type Checkpoint } from "../checkpoint/checkpoint.ts";
import { newFolder, type NewFolder } from "./new-folder.ts";
import { ownFolder } from "./own-folder.ts";
import { writeWhole } from "./write-folder-whole.ts";
import { openFolder } from "./open-folder.ts";
import { convertCheckpoint, type ConvertedFile } from "../quantize/convert-checkpoint.ts";
import type { Precision } from "../quantize/precision.ts";

const writeAll = async ({ write }: NewFolder, files: readonly ConvertedFile[]): Promise<number> => {
  let total = 0;
  for (const { name, parts } of files) total += await write(name, parts);
  return total;
};

/**
 * Writes files into a folder, one after another, part by part. The folder appears when all files are complete. If one fails or is aborted, or
 * the process ends, nothing is left, not even empty folders that were made on the way.
 *
 * @returns how many bytes were written
 * @throws RangeError when the folder is not empty, at first, or at last because another process wrote it meanwhile
 */
export const writeFolder = (folder: string, files: readonly ConvertedFile[]): Promise<number> =>
  writeWhole("writeFolder", folder, (made) => writeAll(made, files));

/**
 * Rounds a checkpoint's matrices into a temporary folder, from which they are memory-mapped: memory holds one matrix at a time. The folder is
 * removed when the process ends, if it was not removed before. What a killed process left is removed by the next one.
 *
 * @param onProgress - called after each tensor
 * @returns the checkpoint, the folder's path, and a function that removes the folder, to be called when no session reads it any more
 * @throws RangeError when the matrices are in blocks already, or have an element that is not finite
 */
export const quantizeOnDisk = async (
  checkpoint: Checkpoint,
  precision: Precision,
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly checkpoint: Checkpoint; readonly path: string; readonly remove: () => Promise<void> }> => {
  const files = await convertCheckpoint(checkpoint, precision, onProgress);
  const { path, remove } = await ownFolder(tmpdir(), `ropewalk-${precision}`);
  try {
    await writeAll(newFolder("quantizeOnDisk", path), files);
    return { checkpoint: { ...(await loadCheckpoint(await openFolder(path))), name: checkpoint.name }, path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
};
