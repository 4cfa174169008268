/**
 * Puts a model's weights where a backend can read them, while it is loaded: rounded ones, and those that a GGUF file has in blocks, into a temporary
 * folder where the model lies on a disk, else into memory.
 */
import {
  holdCheckpoint,
  materializeFiles,
  isHeld,
  liesOnDisk,
  quantizeCheckpoint,
  type Checkpoint,
  type Precision,
} from "@ropewalk/models";
import { needCheckpoint, type ModelSource } from "./model-source.ts";

export type WeightsOnLoad = {
  readonly source: ModelSource;
  /** Called when no session reads the weights any more. */
  readonly release: () => Promise<void>;
};

type Progress = ((done: number, total: number) => void) | undefined;

const nothing = async (): Promise<void> => {};

const quantized = async (source: ModelSource, precision: Precision, onProgress: Progress): Promise<WeightsOnLoad> => {
  // The rounded checkpoint states the trained length of its config; the caller may have stated another.
  const withWindow = (read: Checkpoint): Checkpoint => ({
    ...read,
    decoder: { ...read.decoder, trainedContext: source.decoder.trainedContext },
  });
  const checkpoint = needCheckpoint("quantize", source);
  if (!liesOnDisk(checkpoint))
    return { source: withWindow(await quantizeCheckpoint(checkpoint, precision, onProgress)), release: nothing };
  const { quantizeOnDisk } = await import("@ropewalk/models/node");
  const { checkpoint: onDisk, remove } = await quantizeOnDisk(checkpoint, precision, onProgress);
  return { source: withWindow(onDisk), release: remove };
};

const held = async (checkpoint: Checkpoint): Promise<WeightsOnLoad> => {
  if (isHeld(checkpoint)) return { source: checkpoint, release: nothing };
  if (!liesOnDisk(checkpoint)) return { source: await holdCheckpoint(checkpoint), release: nothing };
  const { holdOnDisk } = await import("@ropewalk/models/node");
  const { checkpoint: onDisk, remove } = await holdOnDisk(checkpoint);
  return { source: onDisk, release: remove };
};

export const weightsOnLoad = async (
  source: ModelSource,
  precision: Precision | undefined,
  onProgress: Progress,
): Promise<WeightsOnLoad> => {
  if (precision !== undefined) return quantized(source, precision, onProgress);
  if (source.kind === "checkpoint") return held(source);
  return { source: { ...source, files: await materializeFiles(source.files) }, release: nothing };
};
