/** A checkpoint with its matrices rounded to blocks, held in memory. */
import { loadCheckpoint, type Checkpoint } from "../checkpoint.ts";
import { convertCheckpoint, type ConvertedFile } from "./convert.ts";
import type { Precision } from "./precision.ts";
import { inMemory, type CheckpointFolder } from "../folder.ts";

const joined = async ({ parts }: ConvertedFile): Promise<Uint8Array> => {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  const data = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    data.set(part, at);
    at += part.length;
  }
  return data;
};

const hold = async (name: string, files: readonly ConvertedFile[]): Promise<CheckpointFolder> => {
  const held: Record<string, Uint8Array> = {};
  for (const file of files) held[file.name] = await joined(file);
  return inMemory(name, held);
};

/**
 * Rounds a checkpoint's matrices. From a disk, `quantizeOnDisk` of `@ropewalk/models/node` takes far less memory.
 *
 * @param onProgress - called after each tensor
 * @throws RangeError when they are in blocks already, or have an element that is not finite
 */
export const quantizeCheckpoint = async (
  checkpoint: Checkpoint,
  precision: Precision,
  onProgress?: (done: number, total: number) => void,
): Promise<Checkpoint> =>
  loadCheckpoint(await hold(checkpoint.name, await convertCheckpoint(checkpoint, precision, onProgress)));
