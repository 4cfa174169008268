/** What is known of a model before its weights are loaded: enough to choose an extension, to count tokens, to plan memory. */
import type { Decoder } from "@ropewalk/decoder";
import { loadCheckpoint, type Checkpoint, type CheckpointFolder } from "@ropewalk/models";
import type { SourceOptions } from "@ropewalk/models/hub";
import { textCodec, type TextCodec } from "./text.ts";

export type OpenOptions = {
  /** For a model on the hub: the cache folder, the token, and who is told of a download and of doing without the hub. */
  readonly hub?: SourceOptions;
  /** The window the model was trained on, in tokens, where its config states another. */
  readonly trainedContext?: number;
};

export type OpenedModel = {
  readonly checkpoint: Checkpoint;
  /** The checkpoint's, or with the trained window that was asked for. */
  readonly decoder: Decoder;
  readonly text: TextCodec | undefined;
};

/** Only in Node is there a disk; a browser never loads this. */
const openNamed = async (source: string, options: SourceOptions | undefined): Promise<CheckpointFolder> => {
  const { openSource } = await import("@ropewalk/models/hub");
  return openSource(source, options);
};

/**
 * Reads a model's config, the header of its weights and its tokenizer.
 *
 * @param source - in Node a folder's path or an id on the hub (owner/name, or owner/name@revision); anywhere a folder of files,
 *   or an opened model
 * @throws Error when a file is missing or lies, or the family or a number is unknown
 */
export const openModel = async (
  source: string | CheckpointFolder | OpenedModel,
  { trainedContext, hub }: OpenOptions = {},
): Promise<OpenedModel> => {
  if (trainedContext !== undefined && (!Number.isInteger(trainedContext) || trainedContext < 1))
    throw new RangeError(`openModel: trainedContext must be a positive integer, got ${trainedContext}`);
  const withContext = (decoder: Decoder): Decoder =>
    trainedContext === undefined ? decoder : { ...decoder, trainedContext };
  if (typeof source === "object" && "decoder" in source) return { ...source, decoder: withContext(source.decoder) };
  const checkpoint = await loadCheckpoint(typeof source === "string" ? await openNamed(source, hub) : source);
  const text = checkpoint.tokenizer && textCodec(checkpoint.tokenizer);
  return { checkpoint, decoder: withContext(checkpoint.decoder), text };
};
