/** What can be tuned: a checkpoint, whose rows have the order that tuned files and adapters are written for. */
import { showName } from "@ropewalk/check";
import { needCheckpoint, type ModelSource } from "@ropewalk/generation";
import type { Checkpoint } from "@ropewalk/models";

/**
 * Gives the source as a checkpoint that can be tuned.
 *
 * @throws TypeError naming the function, where the source is an ONNX export or a GGUF file
 */
export const needTunable = (where: string, source: ModelSource): Checkpoint => {
  const checkpoint = needCheckpoint(where, source);
  // The rows of some GGUF files are in another order, which an adapter beside them would have too.
  if (checkpoint.gguf !== undefined)
    throw new TypeError(
      `${where}: ${showName(checkpoint.name)} must be a checkpoint, got a GGUF file, which ropewalk convert writes as one`,
    );
  return checkpoint;
};
