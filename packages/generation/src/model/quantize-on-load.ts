/** Rounds a model's weights while it is loaded: into a temporary folder where they lie on a disk, else in memory. */
import { quantizeCheckpoint, type Checkpoint, type Precision } from "@ropewalk/models";
import { needCheckpoint, type ModelSource } from "./model-source.ts";

export type QuantizedOnLoad = {
  readonly source: ModelSource;
  /** Called when no session reads the weights any more. */
  readonly release: () => Promise<void>;
};

export const quantizeOnLoad = async (
  source: ModelSource,
  precision: Precision | undefined,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<QuantizedOnLoad> => {
  // The rounded checkpoint states the trained length of its config; the caller may have stated another.
  const withWindow = (read: Checkpoint): Checkpoint => ({
    ...read,
    decoder: { ...read.decoder, trainedContext: source.decoder.trainedContext },
  });
  const nothing = async (): Promise<void> => {};
  if (precision === undefined) return { source, release: nothing };
  const checkpoint = needCheckpoint("quantize", source);
  if (!checkpoint.files.every(({ external }) => external.kind === "path"))
    return { source: withWindow(await quantizeCheckpoint(checkpoint, precision, onProgress)), release: nothing };
  const { quantizeOnDisk } = await import("@ropewalk/models/node");
  const { checkpoint: onDisk, remove } = await quantizeOnDisk(checkpoint, precision, onProgress);
  return { source: withWindow(onDisk), release: remove };
};
