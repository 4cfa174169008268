/** What is known of a model before its weights are loaded: enough to choose an extension, to count tokens, to plan memory. */
import type { Decoder } from "@ropewalk/decoder";
import { loadCheckpoint, type Checkpoint, type CheckpointFolder } from "@ropewalk/models";
import { textCodec, type TextCodec } from "./text.ts";

export type OpenOptions = {
  /** The window the model was trained on, in tokens, where its config states another. */
  readonly trainedContext?: number;
};

export type OpenedModel = {
  readonly checkpoint: Checkpoint;
  /** The checkpoint's, or with the trained window that was asked for. */
  readonly decoder: Decoder;
  readonly text: TextCodec | undefined;
};

const openPath = async (path: string): Promise<CheckpointFolder> => {
  const { openFolder } = await import("@ropewalk/models/node");
  return openFolder(path);
};

/**
 * Reads a model's config, the header of its weights and its tokenizer.
 *
 * @param source - a folder's path (in Node), a folder of files from anywhere, or an opened model
 * @throws Error when a file is missing or lies, or the family or a number is unknown
 */
export const openModel = async (
  source: string | CheckpointFolder | OpenedModel,
  { trainedContext }: OpenOptions = {},
): Promise<OpenedModel> => {
  if (trainedContext !== undefined && (!Number.isInteger(trainedContext) || trainedContext < 1))
    throw new RangeError(`openModel: trainedContext must be a positive integer, got ${trainedContext}`);
  const withContext = (decoder: Decoder): Decoder =>
    trainedContext === undefined ? decoder : { ...decoder, trainedContext };
  if (typeof source === "object" && "decoder" in source) return { ...source, decoder: withContext(source.decoder) };
  const checkpoint = await loadCheckpoint(typeof source === "string" ? await openPath(source) : source);
  const text = checkpoint.tokenizer && textCodec(checkpoint.tokenizer);
  return { checkpoint, decoder: withContext(checkpoint.decoder), text };
};
