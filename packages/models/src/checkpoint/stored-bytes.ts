/** The bytes of a checkpoint's tensors, read from its files. */
import type { Checkpoint } from "./checkpoint.ts";
import type { BlockType } from "@ropewalk/gguf";
import type { CheckpointFile } from "../folder/checkpoint-folder.ts";
import type { TensorEntry, TensorType } from "../safetensors/tensor-entry.ts";
import type { ComputedFile } from "./computed-files.ts";

/** Where a tensor is stored, in a type of safetensors or in the blocks of a GGUF file. */
export type StoredEntry = Omit<TensorEntry, "type"> & { readonly type: TensorType | BlockType };

/** Where bytes are stored: a file, by the name that backends know it by, and a range of it in bytes. */
export type StoredPlace = { readonly location: string; readonly offset: number; readonly length: number };

/** The file that backends know by that name. */
export const fileOf = ({ files }: Pick<Checkpoint, "files">, name: string): CheckpointFile | ComputedFile =>
  files.find(({ external }) => external.file === name)!;

export const readStored = (
  checkpoint: Pick<Checkpoint, "files">,
  { location, offset, length }: StoredPlace,
): Promise<Uint8Array> => fileOf(checkpoint, location).source.read(offset, offset + length);
