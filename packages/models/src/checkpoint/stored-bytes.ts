/** The bytes that a checkpoint stores: the file that they lie in, and reading them. */
import type { WeightLocation } from "@ropewalk/decoder";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointFile } from "../folder/checkpoint-folder.ts";

/** The file that a backend knows by that name. */
export const fileOf = ({ files }: Pick<Checkpoint, "files">, name: string): CheckpointFile =>
  files.find(({ external }) => external.file === name)!;

/** The bytes at a place of one of the checkpoint's files. */
export const readStored = (
  checkpoint: Pick<Checkpoint, "files">,
  { location, offset, length }: Omit<WeightLocation, "type">,
): Promise<Uint8Array> => fileOf(checkpoint, location).source.read(offset, offset + length);
