/** A checkpoint with its matrices rounded to blocks, held in memory. */
import { loadCheckpoint, type Checkpoint } from "../checkpoint/checkpoint.ts";
import { holdFiles } from "../folder/hold-files-in-memory.ts";
import { convertCheckpoint } from "./convert-checkpoint.ts";
import type { Precision } from "./precision.ts";

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
  loadCheckpoint(await holdFiles(checkpoint.name, await convertCheckpoint(checkpoint, precision, onProgress)));
