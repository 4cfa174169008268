/** A checkpoint with its weights rounded on the way in: through a temporary folder where they lie on a disk, else in memory. */
import { quantizeCheckpoint, type Checkpoint, type Precision } from "@ropewalk/models";

export type Rounded = {
  readonly checkpoint: Checkpoint;
  /** To be called when no session reads the weights any more. */
  readonly release: () => Promise<void>;
};

export const rounded = async (
  checkpoint: Checkpoint,
  precision: Precision | undefined,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<Rounded> => {
  const nothing = async (): Promise<void> => {};
  if (precision === undefined) return { checkpoint, release: nothing };
  if (!checkpoint.files.every(({ external }) => external.kind === "path"))
    return { checkpoint: await quantizeCheckpoint(checkpoint, precision, onProgress), release: nothing };
  const { quantizeOnDisk } = await import("@ropewalk/models/node");
  const { checkpoint: onDisk, remove } = await quantizeOnDisk(checkpoint, precision, onProgress);
  return { checkpoint: onDisk, release: remove };
};
